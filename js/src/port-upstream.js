// The connection that several tabs share.

import { ServerClock } from './clock.js';
import { Connection } from './connection.js';
import { Queue } from './queue.js';
import { Quotes } from './quotes.js';
import { readSettings } from './settings.js';
import { Verdicts } from './verdicts.js';
import { Wanted } from './wanted.js';

/** @typedef {import('./port-session.js').PortSession} PortSession */
/** @typedef {import('./conflation.js').Arrival} Arrival */
/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Request} Request */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./connection.js').State} State */
/** @typedef {import('./wanted.js').Wish} Wish */

/**
 * Upstream asks the service for what all sessions want, and tells each what
 * concerns it.
 */
export class Upstream {
  #settings;
  #connection;
  #queue;
  #serverClock;
  #quotes = new Quotes();
  #verdicts = new Verdicts();
  /** @type {Wanted<Wish>} */
  #wanted = new Wanted(null);
  /** @type {Set<PortSession>} */
  #sessions = new Set();
  /** @type {Welcome | null} null while there is no connection */
  #welcome = null;
  #replanning = false;
  /** The shortest interval of all that is wanted, in milliseconds. */
  fastestMs = 0;

  /**
   * @param {string} url
   * @param {import('./settings.js').ClientOptions} options
   */
  constructor(url, options) {
    this.#settings = readSettings(url, options);
    this.#queue = new Queue(this.#settings.maxQueue);
    this.#serverClock = new ServerClock(this.#settings.clock);
    this.#connection = new Connection(this.#settings, {
      plan: () => this.#wanted.plan,
      state: (state) => this.#entered(state),
      opened: (welcome) => this.#opened(welcome),
      lost: () => this.#lost(),
      quotes: (records) => this.#take(records),
      clock: (micros) => this.#told(micros),
      granted: (grant) => this.#judged(() => this.#verdicts.granted(grant)),
      refused: (names, code, message) => this.#judged(() => this.#verdicts.refused(names, this.#wanted.plan, { code, message })),
      resumed: (names) => this.#resumed(new Set(names)),
      notice: (code, message) => this.#each((session) => session.notice(code, message)),
      error: (error) => this.#failed(error),
    });
  }

  get clock() {
    return this.#settings.clock;
  }

  /** What the server's clock shows, in microseconds; null if it is not known. */
  get micros() {
    return this.#serverClock.micros;
  }

  /**
   * join adds a session, which is opened when there is a connection.
   * @param {PortSession} session
   * @param {string} token to start with again after an earlier one was refused
   */
  join(session, token) {
    this.#sessions.add(session);
    if (this.#welcome) session.opened(this.#welcome);
    else if (this.#connection.state.state !== 'closed') this.#connection.check();
    else this.#start(token);
  }

  /** @param {PortSession} session */
  leave(session) {
    if (this.#sessions.delete(session)) this.changed();
  }

  close() {
    this.#connection.disconnect();
  }

  /** changed is to be called after the wishes of a session changed. */
  changed() {
    if (this.#replanning) return;
    this.#replanning = true;
    queueMicrotask(() => this.#replan());
  }

  /** @param {string} token */
  setToken(token) {
    this.#connection.setToken(token);
  }

  /**
   * @param {Request} request
   * @param {AbortSignal} signal
   */
  request(request, signal) {
    return this.#queue.push(request, signal);
  }

  /** @param {string} name */
  verdict(name) {
    return this.#verdicts.of(name, this.#wanted.plan);
  }

  /** fresh iterates over the records that the present connection vouches for. */
  *fresh() {
    for (const quote of this.#quotes.values()) if (this.#quotes.isFresh(quote.symbol)) yield quote;
  }

  /** @param {string} token */
  #start(token) {
    if (token) this.#connection.setToken(token);
    this.#connection.connect();
  }

  #replan() {
    this.#replanning = false;
    this.#wanted = new Wanted(null);
    for (const session of this.#sessions) for (const wish of session.wishes) this.#wanted.add(wish);
    const { plan } = this.#wanted;
    this.fastestMs = Infinity;
    for (const { intervalMs } of plan.values()) this.fastestMs = Math.min(this.fastestMs, intervalMs);
    this.#settings.surroundings.bookmarks.retain(plan);
    this.#verdicts.retain(plan);
    this.#quotes.retain((symbol) => this.#wanted.route(symbol) !== null);
    this.#connection.transport?.want(plan);
    this.#each((session) => session.review());
  }

  /** @param {Welcome} welcome */
  #opened(welcome) {
    const { transport } = this.#connection;
    if (!transport) return;
    this.#welcome = welcome;
    this.#quotes.begin(welcome.epoch);
    transport.want(this.#wanted.plan);
    this.#queue.open((request, signal) => transport.request(request, signal));
    this.#each((session) => session.opened(welcome));
  }

  #lost() {
    this.#welcome = null;
    this.#quotes.suspend();
    this.#queue.pause();
    this.#verdicts.clear();
  }

  /** @param {State} state */
  #entered({ state, code = 0, reason = '', retryAt }) {
    if (state !== 'disconnected') return;
    const retryAfterMs = Math.max(0, (retryAt ?? 0) - this.clock.now());
    this.#each((session) => session.ended({ code, reason, verdict: 'lost', retryAfterMs }));
  }

  /** @param {import('./errors.js').TickerError} error */
  #failed({ code, message, closeCode = 0, fatal }) {
    if (!fatal) return this.#each((session) => session.notice(code, message));
    this.#serverClock.reset();
    this.#each((session) => session.ended({ code: closeCode, reason: message, verdict: 'final', errorCode: code }));
  }

  /** @param {readonly Quote[]} records */
  #take(records) {
    const arrivals = records.map((record) => this.#fold(record)).filter((arrival) => arrival !== null);
    if (arrivals.length > 0) this.#each((session) => session.quotes(arrivals));
  }

  /**
   * @param {Quote} record
   * @returns {Arrival | null}
   */
  #fold({ envelope, ...change }) {
    const route = this.#wanted.route(change.symbol);
    const folded = route && this.#quotes.fold(change, this.#verdicts.terms(change.symbol, route));
    return folded && { quote: folded.quote, envelope };
  }

  /** @param {number} micros */
  #told(micros) {
    this.#serverClock.set(micros);
    this.#each((session) => session.clock());
  }

  /** @param {() => void} record */
  #judged(record) {
    record();
    this.#each((session) => session.review());
  }

  /** @param {ReadonlySet<string>} names */
  #resumed(names) {
    const resumed = (/** @type {string} */ symbol) => names.has(this.#wanted.route(symbol)?.entry ?? '');
    this.#quotes.confirm(resumed);
    this.#each((session) => session.current(resumed));
  }

  /** @param {(session: PortSession) => void} tell */
  #each(tell) {
    for (const session of [...this.#sessions]) if (!session.over) tell(session);
  }
}
