// One connection of a tab, at the worker's end.

import { Entries } from './entries.js';
import { TickerError } from './errors.js';
import { Lanes } from './port-lanes.js';
import { Told } from './port-told.js';
import { formatDuration } from './protocol.js';

/** @typedef {import('./port.js').Call} Call */
/** @typedef {import('./port.js').FromPage} FromPage */
/** @typedef {import('./port-upstream.js').Upstream} Upstream */
/** @typedef {import('./conflation.js').Arrival} Arrival */
/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').Plan} Plan */
/** @typedef {import('./types.js').Ending} Ending */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./wanted.js').Wish} Wish */

// Notices are all that nobody asked for; a tab that sleeps misses those beyond.
const maxReplies = 256;

/**
 * PortSession is to a tab what a session of the server would be. A tab that is
 * slow to take what it is sent gets fewer and newer records: until it has
 * acknowledged the calls before, only the newest record of a symbol is kept.
 */
export class PortSession {
  #port;
  #upstream;
  #clock;
  /** @type {Plan} */
  #plan = new Map();
  #entries = new Entries([]);
  /** @type {readonly Wish[]} The plan as the upstream understands it. */
  #wishes = [];
  #lanes = new Lanes();
  /** @type {Call[]} */
  #replies = [];
  // Whether there is news of the server's clock, and of what became of names.
  #timeDue = false;
  #verdictsDue = false;
  #told = new Told();
  /** @type {Map<string, AbortController>} */
  #requests = new Map();
  /** @type {PortSession | null} The tab's session before, until this one knows what is wanted. */
  #previous;
  #opened = false;
  // An ended session says nothing more, but what it wanted is still asked for
  // until the tab is back: only so the upstream can resume it.
  #ended = false;
  #unacknowledged = false;
  #flushing = false;
  /** @type {any} */
  #timer = null;

  /**
   * @param {MessagePort} port
   * @param {Upstream} upstream
   * @param {PortSession | null} previous session of the same tab
   */
  constructor(port, upstream, previous) {
    this.#port = port;
    this.#previous = previous;
    this.#upstream = upstream;
    this.#clock = upstream.clock;
    port.onmessage = (event) => this.#take(event.data);
  }

  get over() {
    return this.#ended;
  }

  get wishes() {
    return this.#wishes;
  }

  /** @param {Welcome} welcome */
  opened(welcome) {
    if (this.#opened) return;
    this.#opened = true;
    this.#reply(['opened', welcome]);
    this.clock();
  }

  /**
   * ended closes a session that was open, and one that waits for the upstream
   * if that will not come.
   * @param {Ending} ending
   */
  ended(ending) {
    if (this.#ended) return;
    if (!this.#opened && ending.verdict !== 'final') {
      this.notice('disconnected', ending.reason);
      return;
    }
    this.#port.postMessage({ calls: [['ended', ending]] });
    this.#end();
  }

  /** close gives up what the session wanted too. */
  close() {
    this.#previous?.close();
    this.#previous = null;
    this.#end();
    this.#upstream.leave(this);
  }

  #end() {
    this.#ended = true;
    this.#clock.clearTimeout(this.#timer);
    for (const request of this.#requests.values()) request.abort();
    this.#requests.clear();
    this.#port.close();
  }

  /** @param {readonly Arrival[]} arrivals */
  quotes(arrivals) {
    for (const { quote, envelope } of arrivals) {
      const terms = this.#termsOf(quote.symbol);
      if (terms) this.#lanes.put({ quote, envelope: terms.envelope ? envelope : undefined }, this.#paceOf(terms));
    }
    this.#flush();
  }

  /**
   * current sends the newest records of what the upstream vouches for, at once.
   * @param {(symbol: string) => boolean} concerned
   */
  current(concerned) {
    for (const quote of this.#upstream.fresh()) {
      if (concerned(quote.symbol) && this.#termsOf(quote.symbol)) this.#lanes.put({ quote }, 0);
    }
    this.#flush();
  }

  /** clock is told that the server has told its time. */
  clock() {
    this.#timeDue = true;
    this.#flush();
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  notice(code, message) {
    if (this.#replies.length < maxReplies) this.#reply(['notice', code, message]);
  }

  /** review is told that the upstream's plan or verdicts changed. */
  review() {
    this.#verdictsDue = true;
    this.#flush();
  }

  /** @param {FromPage} message */
  #take(message) {
    if (this.#ended) return;
    switch (message.type) {
      case 'ack':
        this.#unacknowledged = false;
        this.#flush();
        break;
      case 'want':
        this.#want(message.plan);
        break;
      case 'request':
        void this.#request(message);
        break;
      case 'abort':
        this.#requests.get(message.id)?.abort();
        break;
      case 'authenticate':
        this.#upstream.setToken(message.token);
        break;
      case 'close':
        this.close();
        break;
    }
  }

  /** @param {Plan} plan */
  #want(plan) {
    this.#previous?.close();
    this.#previous = null;
    const before = this.#plan;
    this.#plan = plan;
    this.#entries = new Entries(plan.keys());
    this.#wishes = wishesOf(plan);
    this.#lanes.move((symbol) => {
      const terms = this.#termsOf(symbol);
      return terms && this.#paceOf(terms);
    });
    this.#upstream.changed();
    this.#catchUp(before);
  }

  // #catchUp sends the records of symbols that come under another entry than
  // before, or with other fields.
  /** @param {Plan} before */
  #catchUp(before) {
    const changed = [...before.keys(), ...this.#plan.keys()].filter((name) => {
      const [was, is] = [before.get(name), this.#plan.get(name)];
      return !was || !is || String(was.fields) !== String(is.fields);
    });
    if (changed.length === 0) return;
    const entries = new Entries(changed);
    this.current((symbol) => entries.of(symbol) !== undefined);
  }

  /** @param {Extract<FromPage, {type: 'request'}>} message */
  async #request({ id, request }) {
    const controller = new AbortController();
    this.#requests.set(id, controller);
    try {
      this.#reply(['answered', id, await this.#upstream.request(request, controller.signal)]);
    } catch (error) {
      const { code, message } = error instanceof TickerError ? error : new TickerError('internal', String(error));
      this.#reply(['failed', id, code, message]);
    }
    this.#requests.delete(id);
  }

  /** @param {string} symbol */
  #termsOf(symbol) {
    return this.#plan.get(this.#entries.of(symbol) ?? '');
  }

  // Records that come no faster than the tab wants them need no pacing here.
  /** @param {Terms} terms */
  #paceOf({ intervalMs }) {
    return intervalMs > this.#upstream.fastestMs ? intervalMs : 0;
  }

  /** @param {Call} call */
  #reply(call) {
    this.#replies.push(call);
    this.#flush();
  }

  // #flush sends what there is at the end of this turn, so that answers and
  // records of one turn travel together.
  #flush() {
    if (this.#flushing || this.#unacknowledged || this.#ended) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      if (!this.#ended) this.#send();
    });
  }

  #send() {
    const now = this.#clock.now();
    const calls = [...this.#replies.splice(0), ...this.#verdicts(), ...this.#records(now), ...this.#time()];
    if (calls.length > 0) {
      this.#unacknowledged = true;
      this.#port.postMessage({ calls });
    }
    this.#clock.clearTimeout(this.#timer);
    const waitMs = this.#lanes.dueAt - now;
    if (waitMs < Infinity) this.#timer = this.#clock.setTimeout(() => this.#flush(), waitMs);
  }

  /**
   * @param {number} now
   * @returns {Call[]}
   */
  #records(now) {
    const arrivals = this.#lanes.take(now);
    return arrivals.length > 0 ? [['heard'], ['quotes', arrivals.map(shown)]] : [];
  }

  #verdicts() {
    const due = this.#verdictsDue;
    this.#verdictsDue = false;
    return due ? this.#told.news(this.#plan, (name) => this.#upstream.verdict(name)) : [];
  }

  /** @returns {Call[]} */
  #time() {
    const micros = this.#timeDue ? this.#upstream.micros : null;
    this.#timeDue = false;
    return micros === null ? [] : [['heard'], ['clock', micros]];
  }
}

/**
 * @param {Arrival} arrival
 * @returns {import('./types.js').Quote}
 */
function shown({ quote, envelope }) {
  return { ...quote, status: quote.status ?? 'live', ...(envelope && { envelope }) };
}

/**
 * wishesOf puts the names of a plan together that have the same terms.
 * @param {Plan} plan
 * @returns {Wish[]}
 */
function wishesOf(plan) {
  /** @type {Map<string, {names: Set<string>, options: import('./types.js').SubscribeOptions}>} */
  const wishes = new Map();
  for (const [name, { key, intervalMs, fields, mode, envelope }] of plan) {
    const wish = wishes.get(key);
    if (wish) wish.names.add(name);
    else {
      const options = { interval: formatDuration(intervalMs), fields: fields ?? undefined, mode, envelope };
      wishes.set(key, { names: new Set([name]), options });
    }
  }
  return [...wishes.values()];
}
