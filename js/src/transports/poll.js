// The transport over long polling: one request after the other for each group,
// which the service answers as soon as something has changed.

import { tellQuotes } from '../events.js';
import { dateMicros, Deadline, headers, judgeResponse, pause, refusal, retryAfterMs } from '../http.js';
import { clean, formatDuration, isPattern, parseMessage } from '../protocol.js';
import { makeTerms, termsBody } from '../terms.js';
import { readWelcome } from '../welcome.js';
import { RequestTransport } from './requests.js';

/** @typedef {import('../types.js').Surroundings} Surroundings */
/** @typedef {import('./groups.js').Group} Group */
/** @typedef {import('./requests.js').StreamListener} StreamListener */

// How long the service may keep a request that it has nothing to say to.
const waitMs = 25_000;
const cursorHeader = 'Ticker-Cursor';

export class PollTransport extends RequestTransport {
  /**
   * @param {Surroundings} around
   * @param {import('../types.js').TransportListener} listener
   */
  constructor(around, listener) {
    const told = { envelope: false };
    super(
      around,
      listener,
      (...args) => new PollStream(...args),
      (terms) => {
        if (terms.envelope && !told.envelope) listener.notice('bad_request', 'there are no envelopes over long polling');
        told.envelope ||= terms.envelope;
        // Each request stands for itself, so there is nothing to be a difference to.
        return makeTerms({ ...terms, mode: 'full', envelope: false });
      },
    );
  }
}

/** PollStream is the requests of one group. */
class PollStream {
  cursor = '';
  #around;
  #group;
  #listener;
  #deadline;
  #askedAt = 0;
  /** @type {number | null} */
  #micros = null;

  /**
   * A poll does not tell the epoch, so that nothing can be said about what was
   * held before: it begins with full records.
   * @param {Surroundings} around
   * @param {Group} group
   * @param {string} _since
   * @param {StreamListener} listener
   */
  constructor(around, group, _since, listener) {
    this.#around = around;
    this.#group = group;
    this.#listener = listener;
    this.#deadline = new Deadline(around.clock);
  }

  start() {
    void this.#run();
  }

  close() {
    this.#deadline.abort();
  }

  async #run() {
    try {
      while (!this.#deadline.signal.aborted && (await this.#turn())) await this.#pause();
    } catch (error) {
      const reason = this.#deadline.passed ? 'no answer in time' : clean(/** @type {any} */ (error)?.message ?? error);
      this.#end({ code: 0, reason, verdict: 'lost' });
    } finally {
      this.#deadline.abort();
    }
  }

  // #turn makes one request and reports whether there is to be another.
  async #turn() {
    const response = await this.#request();
    if (!response.ok) return this.#refused(response);
    const text = await response.text();
    if (this.#deadline.signal.aborted) return false;
    this.#listener.heard();
    this.#micros = dateMicros(response);
    return response.status === 204 ? this.#passed(response.headers.get(cursorHeader), []) : this.#take(text);
  }

  // #pause keeps to the interval where the other side does not, such as a cache.
  #pause() {
    const { clock } = this.#around;
    const restMs = this.#askedAt + this.#group.terms.intervalMs - clock.now();
    return restMs > 0 && pause(restMs, clock, this.#deadline.signal);
  }

  #request() {
    const { address, token, fetch, timeoutMs } = this.#around;
    const { names, terms } = this.#group;
    // The first answer comes at once, and tells that polling works.
    const wait = this.cursor ? waitMs : 0;
    const params = { symbols: names.join(','), ...termsBody(terms), wait: formatDuration(wait), cursor: this.cursor || undefined };
    this.#askedAt = this.#around.clock.now();
    this.#deadline.set(wait + timeoutMs);
    return fetch(address.http('v1/poll', params), {
      headers: headers(token), cache: 'no-store', signal: this.#deadline.signal,
    });
  }

  /** @param {Response} response */
  async #refused(response) {
    const { code, message } = await refusal(response);
    const { status } = response;
    const verdict = judgeResponse(response);
    if (verdict === 'lost' && status < 500 && status !== 429) this.#listener.refused(code, message);
    else {
      const wait = retryAfterMs(response, this.#around.clock.now());
      this.#end({ code: status, reason: message, verdict, errorCode: code, retryAfterMs: wait });
    }
    return false;
  }

  /** @param {string} text */
  #take(text) {
    let answer;
    try {
      answer = parseMessage(text);
    } catch {
      this.#end({ code: 200, reason: 'the answer is unreadable', verdict: this.cursor ? 'lost' : 'unsupported' });
      return false;
    }
    return this.#passed(answer['cursor'], answer['quotes']);
  }

  /**
   * @param {unknown} cursor
   * @param {unknown} quotes
   */
  #passed(cursor, quotes) {
    if (typeof cursor !== 'string' || cursor === '') {
      this.#end({ code: 200, reason: 'the answer has no cursor', verdict: this.cursor ? 'lost' : 'unsupported' });
      return false;
    }
    if (this.cursor === '') this.#open(quotes);
    this.cursor = cursor;
    tellQuotes(quotes, this.#listener);
    return true;
  }

  /** @param {unknown} quotes of the first answer */
  #open(quotes) {
    const known = new Set(Array.isArray(quotes) ? quotes.map((quote) => quote?.symbol) : []);
    const pending = this.#group.names.filter((name) => !isPattern(name) && !known.has(name));
    this.#listener.opened(readWelcome({ heartbeat: formatDuration(waitMs) }));
    if (this.#micros !== null) this.#listener.clock(this.#micros);
    this.#listener.granted({ inForce: this.#group.terms, pending: new Set(pending), rejected: new Map() });
  }

  /** @param {import('../types.js').Ending} ending */
  #end(ending) {
    if (!this.#deadline.signal.aborted || this.#deadline.passed) this.#listener.ended(ending);
  }
}
