// TickerClient is the SDK: the connection with the service, the subscriptions
// that share it, and the newest record of every symbol.

import { ServerClock } from './clock.js';
import { Connection } from './connection.js';
import { Desk } from './desk.js';
import { Emitter } from './emitter.js';
import { TickerError } from './errors.js';
import { Observable } from './observable.js';
import { durationMs } from './protocol.js';
import { show } from './quote.js';
import { Queries } from './queries.js';
import { readSettings } from './settings.js';
import { Visibility } from './visibility.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./types.js').SubscribeOptions} SubscribeOptions */
/** @typedef {import('./settings.js').ClientOptions} ClientOptions */
/** @typedef {import('./connection.js').State} State */
/** @typedef {import('./connection.js').StateName} StateName */

/**
 * @typedef {{
 *   connecting: [state: {attempt: number, transport: string}],
 *   connected: [state: {transport: string, session: string, epoch: string, recovered: boolean}],
 *   disconnected: [state: {code: number, reason: string, retryAt: number | null, willReconnect: boolean}],
 *   state: [state: State],
 *   quotes: [quotes: Quote[]],
 *   clock: [micros: number],
 *   stale: [change: {symbol: string, reason: string}],
 *   live: [change: {symbol: string}],
 *   notice: [notice: {code: string, message: string}],
 *   error: [error: TickerError],
 * }} ClientEvents
 */

// The server's default interval, where it names none.
const usualIntervalMs = 100;

/** @extends {Observable<ClientEvents>} */
export class TickerClient extends Observable {
  #settings;
  #events;
  #connection;
  #queries;
  #desk;
  #serverClock;
  #visibility;
  #reporting = false;
  /** @type {Welcome | null} */
  #welcome = null;
  #recovered = false;
  /** @type {StateName} */
  #entered = 'closed';

  /**
   * @param {string | URL} [url] base of the service; unless told, where the page
   *   is from
   * @param {ClientOptions} [options]
   */
  constructor(url, options = {}) {
    /** @type {Emitter<ClientEvents>} */
    const events = new Emitter((error) => this.#failed(error));
    super(events);
    this.#events = events;
    this.#settings = readSettings(url, options);
    this.#queries = new Queries(this.#settings);
    this.#serverClock = new ServerClock(this.#settings.clock);
    this.#visibility = new Visibility(this.#settings.page, (hidden) => this.#turned(hidden));
    const desk = new Desk(this.#settings, {
      events: this.#events,
      replanned: (plan) => this.#connection.transport?.want(plan),
      failed: (error) => this.#failed(error),
    });
    this.#desk = desk;
    this.#connection = new Connection(this.#settings, {
      plan: () => desk.plan,
      state: (state) => this.#enter(state),
      opened: (welcome) => this.#opened(welcome),
      lost: () => this.#lost(),
      quotes: (quotes) => desk.take(quotes),
      clock: (micros) => this.#told(micros),
      granted: (grant) => desk.granted(grant),
      refused: (names, code, message) => desk.refused(names, { code, message }),
      resumed: (names) => desk.resumed(names),
      notice: (code, message) => this.#events.emit('notice', { code, message }),
      error: (error) => this.#events.emit('error', error),
    });
  }

  /** @returns {StateName} */
  get state() {
    return this.#connection.state.state;
  }

  /** The transport in use or tried, '' if there is none. */
  get transport() {
    return this.#connection.state.transport;
  }

  get session() {
    return this.#welcome?.session ?? '';
  }

  get epoch() {
    return this.#welcome?.epoch ?? '';
  }

  /** The bounds and the default of intervals, as in the welcome. */
  get interval() {
    return this.#welcome?.interval;
  }

  get limits() {
    return this.#welcome?.limits ?? {};
  }

  /** What the server's clock shows, in microseconds; null until it was told. */
  serverTime() {
    return this.#serverClock.micros;
  }

  connect() {
    this.#visibility.start();
    this.#queries.reopen();
    this.#connection.connect();
    return this;
  }

  /** disconnect ends the session. Subscriptions stay, for another connect. */
  disconnect() {
    this.#connection.disconnect();
  }

  /**
   * ready waits for a connection. It is rejected when the client gives up, or
   * is told to disconnect, or when the time is over.
   * @param {number} [timeoutMs]
   * @returns {Promise<void>}
   */
  ready(timeoutMs) {
    if (this.state === 'connected' || this.state === 'late') return Promise.resolve();
    const { clock } = this.#settings;
    return new Promise((resolve, reject) => {
      /** @param {() => void} settle */
      const end = (settle) => {
        off();
        clock.clearTimeout(timer);
        settle();
      };
      const off = this.on('state', ({ state, reason, error }) => {
        if (state === 'connected') end(resolve);
        if (state === 'closed') end(() => reject(error ?? new TickerError('closed', reason ?? '')));
      });
      const late = () => end(() => reject(new TickerError('timeout', 'not connected in time')));
      const timer = timeoutMs === undefined ? null : clock.setTimeout(late, timeoutMs);
    });
  }

  /** @param {string} token */
  setToken(token) {
    this.#connection.setToken(token);
  }

  /**
   * subscribe wants symbols and patterns, from now on and over all connections.
   * @param {string | readonly string[]} symbols
   * @param {SubscribeOptions} [options]
   * @param {(quotes: Quote[]) => void} [callback] the same as on('quotes')
   */
  subscribe(symbols, options = {}, callback) {
    const subscription = this.#desk.subscribe(symbols, options);
    if (callback) subscription.on('quotes', callback);
    return subscription;
  }

  /**
   * quote returns the newest full record of a symbol that is subscribed.
   * @param {string} symbol
   */
  quote(symbol) {
    const quote = this.#desk.quotes.get(symbol);
    return quote && show(quote, undefined, this.#settings.decimals);
  }

  /** quotes iterates over the newest records of all symbols that are subscribed. */
  *quotes() {
    for (const quote of this.#desk.quotes.values()) yield show(quote, undefined, this.#settings.decimals);
  }

  /**
   * isFresh reports whether the present session vouches for the record that is
   * held of a symbol.
   * @param {string} symbol
   */
  isFresh(symbol) {
    return this.#desk.quotes.isFresh(symbol);
  }

  /** @param {Parameters<Queries['snapshot']>[0]} query */
  snapshot(query) {
    return this.#queries.snapshot(query);
  }

  /** @param {Parameters<Queries['history']>[0]} query */
  history(query) {
    return this.#queries.history(query);
  }

  /** @param {Parameters<Queries['candles']>[0]} query */
  candles(query) {
    return this.#queries.candles(query);
  }

  /** @param {Parameters<Queries['symbols']>[0]} [query] */
  symbols(query = {}) {
    return this.#queries.symbols(query);
  }

  /**
   * ledger is the server's account of this session.
   * @param {Parameters<Queries['ledger']>[0]} [query]
   */
  ledger(query = {}) {
    return this.#queries.ledger(query);
  }

  /**
   * @param {Parameters<Queries['publish']>[0]} quotes
   * @param {Parameters<Queries['publish']>[1]} [query]
   */
  publish(quotes, query = {}) {
    return this.#queries.publish(quotes, query);
  }

  /** @param {Parameters<Queries['configure']>[0]} query */
  configure(query) {
    return this.#queries.configure(query);
  }

  /** @param {Parameters<Queries['ping']>[0]} [query] */
  ping(query = {}) {
    return this.#queries.ping(query);
  }

  /** @param {number} micros */
  #told(micros) {
    this.#serverClock.set(micros);
    this.#events.emit('clock', micros);
  }

  /** @param {boolean} hidden */
  #turned(hidden) {
    this.#desk.hidden = hidden;
    if (!hidden) this.#connection.check();
  }

  /** @param {Welcome} welcome */
  #opened(welcome) {
    this.#recovered = welcome.epoch !== '' && welcome.epoch === this.#welcome?.epoch;
    this.#welcome = welcome;
    this.#desk.begin(welcome.epoch, durationMs(welcome.interval?.default) || usualIntervalMs);
    const { transport } = this.#connection;
    if (!transport) return;
    transport.want(this.#desk.plan);
    this.#queries.open(transport);
  }

  #lost() {
    this.#desk.lost();
    this.#queries.pause();
  }

  /** @param {State} state */
  #enter(state) {
    const { transport, attempt = 1, code = 0, reason = '', retryAt = null, willReconnect = false } = state;
    const { session, epoch } = this;
    const opened = { transport, session, epoch, recovered: this.#recovered };
    const before = this.#entered;
    this.#entered = state.state;
    if (state.state === 'closed') this.#close(reason);
    if (state.state === 'connecting') this.#events.emit('connecting', { attempt, transport });
    if (state.state === 'connected' && before === 'connecting') this.#events.emit('connected', opened);
    const ended = state.state === 'disconnected' || state.state === 'closed';
    if (ended) this.#events.emit('disconnected', { code, reason, retryAt, willReconnect });
    this.#events.emit('state', state.state === 'connected' ? { ...opened, ...state } : state);
  }

  /** @param {string} reason */
  #close(reason) {
    this.#visibility.stop();
    this.#serverClock.reset();
    this.#queries.close(new TickerError('disconnected', reason));
    this.#desk.close();
  }

  /**
   * failed tells of a listener that threw. One that fails at that is left to the
   * console.
   * @param {unknown} error
   */
  #failed(error) {
    if (this.#reporting || !this.#events.has('error')) {
      console.error(error);
      return;
    }
    this.#reporting = true;
    this.#events.emit('error', new TickerError('listener', `a listener threw: ${String(error)}`, { cause: error }));
    this.#reporting = false;
  }
}
