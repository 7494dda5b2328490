// Past keeps the candles of one symbol in step with the service's history: the
// last few hundred steps first, then every two seconds what may have changed
// since, and earlier pages when they are asked for. Its state is {name, why}:
//
//   loading      nothing was answered yet
//   ready        the last answer was good
//   missing      history does not know the symbol, yet
//   off          the service keeps no history
//   refused      the service will not answer this; why says more
//   unavailable  the last answer failed

import { clean } from './text.js';
import { fromAnswer, stepOf } from './candles.js';

const firstSteps = 300;
// An empty page is followed by one of twice its length, up to this: a symbol may
// rest for days.
const mostSteps = 2400;
// The service answers for more; three months are as far back as a chart looks at once.
const mostMicros = 90 * 86_400e6;

// History has a trade within 3 s: it is recorded once a second and readable 2 s
// after that. One more makes up for what is not known of the server's clock.
const settleMicros = 4e6;
// The steps before the running one that are always asked for again.
const tailSteps = 2;
const tailMs = 2000;
const clocklessMs = 250;
const leastRetryMs = 1000;
// What will not change until someone changes the service.
const patientRetryMs = 30_000;
const firstRetryMs = 250;
const longestRetryMs = 30_000;

export class Past {
  state = { name: 'loading', why: '' };
  #client;
  #symbol;
  #step;
  #candles;
  #onChange;

  #closing = new AbortController();
  #timer = 0;
  #asking = false;
  #attempt = 0;
  #known = 0; // everything before this time is exact
  #begin = 0; // the time at which what was asked for begins

  #turning = false;
  #owesPage = false;
  #pageSteps = firstSteps;
  #wake = () => this.wake();

  // client is asked, and knows the server's clock; candles are filled; onChange
  // is called after an answer or a failure.
  constructor({ client, symbol, step, candles, onChange }) {
    this.#client = client;
    this.#symbol = symbol;
    this.#step = step;
    this.#candles = candles;
    this.#onChange = onChange;
    document.addEventListener('visibilitychange', this.#wake);
    this.wake();
  }

  close() {
    this.#closing.abort();
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#wake);
  }

  // wake asks for the newest candles at once, unless nobody is looking, or nobody
  // is there to answer: it is to be called when a session begins, too.
  wake() {
    if (this.#asking || this.#closed) return;
    clearTimeout(this.#timer);
    if (document.hidden || !['connected', 'late'].includes(this.#client.state)) return;
    const now = this.#client.serverTime();
    if (now === null) this.#wakeIn(clocklessMs);
    else this.#catchUp(now);
  }

  // earlier asks for the page before the first candle. It does nothing while
  // one is under way, and when there is nothing more to be had.
  async earlier() {
    const none = this.#begin === 0 || this.#pageSteps === 0 || this.#candles.full;
    if (this.#turning || none) return;
    this.#turning = true;
    try {
      await this.#turnPage();
      this.#owesPage = false;
    } catch {
      // The next good answer of the tail, which tells the user, tries again.
      this.#owesPage = true;
    }
    this.#turning = false;
  }

  get #closed() {
    return this.#closing.signal.aborted;
  }

  #wakeIn(ms) {
    this.#timer = setTimeout(this.#wake, ms);
  }

  // #catchUp asks for what may have changed, and sets the time of the next try.
  async #catchUp(now) {
    this.#asking = true;
    let wait = tailMs;
    try {
      await this.#takeTail(now);
      this.#attempt = 0;
      this.#enter('ready');
      wait = Math.min(tailMs, this.#untilNextStepMs());
    } catch (error) {
      if (this.#closed) return;
      // A connection that was lost says so itself.
      if (error.code !== 'disconnected') this.#enter(stateOf(error), clean(error.message || error.code));
      wait = this.#retryMs();
    }
    this.#asking = false;
    this.#wakeIn(wait);
    if (this.#owesPage && this.state.name === 'ready') this.earlier();
  }

  #enter(name, why = '') {
    this.state = { name, why };
    this.#onChange();
  }

  #retryMs() {
    const least = ['off', 'refused'].includes(this.state.name) ? patientRetryMs : leastRetryMs;
    return least + Math.random() * Math.min(longestRetryMs, firstRetryMs * 2 ** this.#attempt++);
  }

  // What ends a step is worth a look at once. Steps as short as the tail's own
  // period need none of their own.
  #untilNextStepMs() {
    const { micros } = this.#step;
    const now = this.#client.serverTime();
    if (now === null || micros / 1000 <= tailMs) return tailMs;
    return (stepOf(now, micros) + micros - now) / 1000;
  }

  async #takeTail(now) {
    const span = this.#tail(now);
    const answer = await this.#ask(span);
    if (span.anew) this.#beginAt(span.from);
    this.#known = now - settleMicros;
    this.#candles.replace(span, answer);
    this.#candles.settle(this.#known);
    if (span.anew && answer.length === 0) this.earlier();
  }

  #beginAt(time) {
    this.#begin = time;
    this.#pageSteps = firstSteps;
    this.#candles.clear();
  }

  // #tail is the span from the first step that is not known for sure. After a
  // gap that is too long to ask for, everything begins anew.
  #tail(now) {
    const { micros } = this.#step;
    const running = stepOf(now, micros);
    const to = running + 2 * micros;
    const first = to - this.#longest(firstSteps);
    const unsure = Math.min(this.#known, running - tailSteps * micros, Math.max(this.#candles.doubted, first));
    const from = stepOf(unsure, micros);
    const anew = this.#begin === 0 || to - from > this.#longest(mostSteps);
    return { from: anew ? first : from, to, anew };
  }

  // #longest is the length of a page of so many steps, as far as it may be asked
  // for.
  #longest(count) {
    const { micros } = this.#step;
    return Math.min(count * micros, stepOf(mostMicros, micros));
  }

  async #turnPage() {
    const to = this.#begin;
    const from = Math.max(0, to - this.#longest(this.#pageSteps));
    const answer = await this.#ask({ from, to });
    if (this.#begin !== to) return; // everything began anew meanwhile
    this.#begin = from;
    this.#candles.replace({ from, to }, answer);
    this.#onChange();
    if (answer.length > 0) this.#pageSteps = firstSteps;
    else await this.#lookFurther();
  }

  // #lookFurther follows an empty page, until the longest is empty too.
  async #lookFurther() {
    this.#pageSteps = this.#pageSteps < mostSteps ? 2 * this.#pageSteps : 0;
    if (this.#pageSteps > 0 && this.#begin > 0) await this.#turnPage();
  }

  async #ask({ from, to }) {
    const { signal } = this.#closing;
    const answer = await this.#client.candles({ symbol: this.#symbol, from, to, step: this.#step.name, signal });
    return fromAnswer(answer);
  }
}

const refusals = new Set(['bad_request', 'bad_symbol', 'forbidden', 'unauthorized', 'too_large']);

// stateOf names the state after an error. The service has one code for a history
// that is off and one that is away; the words tell which.
function stateOf({ code, message }) {
  if (code === 'not_found') return 'missing';
  if (code === 'unavailable' && message.startsWith('history is off')) return 'off';
  return refusals.has(code) ? 'refused' : 'unavailable';
}
