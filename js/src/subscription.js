// Subscription is what one component of a page wants, and the records that it
// gets. Many of them share the connection of one client.

import { Emitter } from './emitter.js';
import { TickerError } from './errors.js';
import { Gate } from './gate.js';
import { Observable } from './observable.js';
import { covers, formatDuration, isPattern } from './protocol.js';
import { differs, show, statusChange } from './quote.js';
import { Turns } from './turns.js';
import { namesOf, optionsOf } from './wish.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').SubscribeOptions} SubscribeOptions */
/** @typedef {import('./conflation.js').Arrival} Arrival */

/**
 * @typedef {{
 *   quotes: [quotes: Quote[]],
 *   quote: [quote: Quote, previous: Quote | undefined],
 *   stale: [change: {symbol: string, reason: string}],
 *   live: [change: {symbol: string}],
 *   subscribed: [state: {symbols: string[], interval: string, pending: string[], rejected: Rejected[]}],
 *   rejected: [rejected: Rejected[]],
 *   unsubscribed: [],
 *   error: [error: TickerError],
 * }} SubscriptionEvents
 */

/** @typedef {{symbol: string, code: string}} Rejected */

/**
 * What a subscription needs of its client.
 * @typedef {object} Host
 * @property {import('./types.js').Clock} clock
 * @property {import('./quote.js').Decimals} decimals
 * @property {(subscription: Subscription, added: readonly string[]) => void} changed
 * @property {(subscription: Subscription) => void} left
 * @property {(subscription: Subscription) => number} intervalMs that it asks for now
 * @property {(symbol: string) => number} sharedMs the interval at which a symbol comes
 * @property {(symbol: string) => boolean} holds
 * @property {(name: string) => import('./verdicts.js').Verdict | undefined} verdict
 * @property {(error: unknown) => void} failed a listener threw
 */

// More names than this are no subscription but a mistake.
const maxNames = 10_000;

/** @extends {Observable<SubscriptionEvents>} */
export class Subscription extends Observable {
  #host;
  #options;
  /** @type {Set<string>} */
  #names = new Set();
  /** @type {string[]} */
  #patterns = [];
  #events;
  /** @type {Emitter<Record<string, [quote: Quote, previous: Quote | undefined]>>} */
  #symbols;
  /** @type {Map<string, Quote>} The last record of each symbol that it was given. */
  #given = new Map();
  /** @type {Set<Turns>} */
  #turns = new Set();
  #gate;
  #settled = '';
  #closed = false;

  /**
   * @internal Use TickerClient.subscribe.
   * @param {Host} host
   * @param {string | readonly string[]} symbols
   * @param {SubscribeOptions} options
   */
  constructor(host, symbols, options) {
    /** @type {Emitter<SubscriptionEvents>} */
    const events = new Emitter(host.failed);
    super(events);
    this.#events = events;
    this.#host = host;
    this.#options = optionsOf(options);
    this.#symbols = new Emitter(host.failed);
    this.#gate = new Gate(host.clock, (arrivals) => this.#deliver(arrivals));
    this.#insert(symbols);
  }

  /** The symbols and patterns that it wants. */
  get symbols() {
    return [...this.#names];
  }

  /** @internal */
  get names() {
    return this.#names;
  }

  get options() {
    return this.#options;
  }

  /** The interval that is in force, as text; '' until the service has granted one. */
  get interval() {
    const granted = this.#verdicts().filter(({ code }) => !code).map(({ inForce }) => inForce.intervalMs);
    if (granted.length === 0) return '';
    return formatDuration(Math.max(this.#host.intervalMs(this), Math.min(...granted)));
  }

  /** The names that the service took and has no record of so far. */
  get pending() {
    return this.symbols.filter((name) => this.#host.verdict(name)?.pending && !this.#host.holds(name));
  }

  /** The names that the service did not take. */
  get rejected() {
    return this.symbols.flatMap((symbol) => {
      const code = this.#host.verdict(symbol)?.code;
      return code ? [{ symbol, code }] : [];
    });
  }

  get closed() {
    return this.#closed;
  }

  /**
   * onSymbol listens to the records of one symbol.
   * @param {string} symbol
   * @param {(quote: Quote, previous: Quote | undefined) => void} listener
   * @returns {() => void} takes the listener off again
   */
  onSymbol(symbol, listener) {
    return this.#symbols.on(symbol, listener);
  }

  /** @param {string | readonly string[]} symbols */
  add(symbols) {
    this.#open();
    const added = this.#insert(symbols);
    if (added.length > 0) this.#host.changed(this, added);
    return this;
  }

  /** @param {string | readonly string[]} symbols */
  remove(symbols) {
    this.#open();
    for (const name of namesOf(symbols)) this.#names.delete(name);
    this.#patterns = this.symbols.filter(isPattern);
    const wants = (/** @type {string} */ symbol) => this.covers(symbol);
    for (const symbol of this.#given.keys()) if (!wants(symbol)) this.#given.delete(symbol);
    this.#gate.retain(wants);
    this.#host.changed(this, []);
    return this;
  }

  /**
   * configure replaces the options that it names.
   * @param {SubscribeOptions} options
   */
  configure(options) {
    this.#open();
    this.#options = optionsOf({ ...this.#options, ...options });
    this.#host.changed(this, []);
    return this;
  }

  unsubscribe() {
    if (this.#closed) return;
    this.#closed = true;
    this.#gate.close();
    this.#given.clear();
    this.#host.left(this);
    this.endTurns();
    this.#events.emit('unsubscribed');
    this.#events.clear();
    this.#symbols.clear();
  }

  /** @returns {AsyncIterableIterator<Quote[]>} */
  [Symbol.asyncIterator]() {
    const turns = new Turns(this.#host.decimals, (ended) => this.#turns.delete(ended));
    if (this.#closed) {
      turns.end();
      return turns;
    }
    this.#turns.add(turns);
    turns.put([...this.#given.values()].map((quote) => ({ quote })));
    return turns;
  }

  /**
   * @internal
   * @param {string} symbol
   */
  covers(symbol) {
    return this.#names.has(symbol) || this.#patterns.some((pattern) => covers(pattern, symbol));
  }

  /**
   * take is given the records of one frame that are for this subscription.
   * @internal
   * @param {readonly Arrival[]} arrivals
   */
  take(arrivals) {
    if (this.#closed) return;
    const intervalMs = this.#host.intervalMs(this);
    const now = [];
    const later = [];
    for (const arrival of arrivals) {
      if (this.#host.sharedMs(arrival.quote.symbol) < intervalMs) later.push(arrival);
      else now.push(this.#gate.pass(arrival));
    }
    this.#deliver(now);
    this.#gate.put(later, intervalMs);
  }

  /**
   * join is given the newest records that the client has already.
   * @internal
   * @param {readonly Quote[]} quotes
   */
  join(quotes) {
    if (!this.#closed) this.#deliver(quotes.map((quote) => ({ quote })));
  }

  /**
   * review looks at what became of the names, and tells once all are settled.
   * @internal
   */
  review() {
    const verdicts = this.#verdicts();
    if (this.#closed || verdicts.length < this.#names.size) return;
    const { symbols, interval, pending, rejected } = this;
    const settled = JSON.stringify([symbols, interval, rejected]);
    if (settled === this.#settled) return;
    this.#settled = settled;
    this.#tellRefusals(verdicts);
    if (rejected.length > 0) this.#events.emit('rejected', rejected);
    this.#events.emit('subscribed', { symbols, interval, pending, rejected });
  }

  /**
   * unsettle is told that the session with all its verdicts is gone.
   * @internal
   */
  unsettle() {
    this.#settled = '';
  }

  /**
   * endTurns ends the iterations.
   * @internal
   */
  endTurns() {
    for (const turns of [...this.#turns]) turns.end();
  }

  #verdicts() {
    return this.symbols.map((name) => this.#host.verdict(name)).filter((verdict) => verdict !== undefined);
  }

  /**
   * tellRefusals tells of commands that were refused as a whole: once each.
   * @param {readonly import('./verdicts.js').Verdict[]} verdicts
   */
  #tellRefusals(verdicts) {
    const told = new Set();
    for (const { code, message } of verdicts) {
      if (!message || told.has(message)) continue;
      told.add(message);
      this.#events.emit('error', new TickerError(code, message));
    }
  }

  /** @param {readonly Arrival[]} arrivals */
  #deliver(arrivals) {
    const news = arrivals.map((arrival) => this.#note(arrival)).filter((note) => note !== null);
    if (news.length === 0) return;
    for (const turns of this.#turns) turns.put(news);
    const shown = [];
    for (const { quote, previous, envelope } of news) {
      const given = show(quote, envelope, this.#host.decimals);
      shown.push(given);
      this.#tell(given, previous && show(previous, undefined, this.#host.decimals));
    }
    this.#events.emit('quotes', shown);
  }

  /**
   * note makes a record the last one given. It returns null for one that says
   * nothing new to this subscription, though maybe to others.
   * @param {Arrival} arrival
   */
  #note({ quote, envelope }) {
    const previous = this.#given.get(quote.symbol);
    const own = this.#options.envelope ? envelope : undefined;
    if (previous && !own?.trades && !this.#isNews(quote, previous)) return null;
    this.#given.set(quote.symbol, quote);
    return { quote, previous, envelope: own };
  }

  /**
   * @param {Quote} quote
   * @param {Quote} previous
   */
  #isNews(quote, previous) {
    const { fields } = this.#options;
    const another = quote.seq !== previous.seq || quote.recv !== previous.recv;
    return differs(quote, previous, fields ?? null) || (another && !fields);
  }

  /**
   * @param {Quote} quote
   * @param {Quote | undefined} previous
   */
  #tell(quote, previous) {
    const { symbol, reason = '' } = quote;
    const change = statusChange(quote, previous);
    if (change === 'stale') this.#events.emit('stale', { symbol, reason });
    if (change === 'live') this.#events.emit('live', { symbol });
    this.#symbols.emit(symbol, quote, previous);
    this.#events.emit('quote', quote, previous);
  }

  /** @param {string | readonly string[]} symbols */
  #insert(symbols) {
    const added = namesOf(symbols).filter((name) => !this.#names.has(name));
    if (this.#names.size + added.length > maxNames) {
      throw new TickerError('too_many_symbols', `a subscription may have ${maxNames} symbols`);
    }
    for (const name of added) this.#names.add(name);
    this.#patterns = this.symbols.filter(isPattern);
    return added;
  }

  #open() {
    if (this.#closed) throw new TickerError('closed', 'the subscription has ended');
  }
}
