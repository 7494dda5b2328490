// Desk brings the records to the subscriptions that want them: it holds the
// newest of each symbol, knows what is wanted in sum, and keeps the service told.

import { covers, isPattern } from './protocol.js';
import { show, statusChange } from './quote.js';
import { Quotes } from './quotes.js';
import { Subscription } from './subscription.js';
import { Verdicts } from './verdicts.js';
import { Wanted } from './wanted.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Plan} Plan */
/** @typedef {import('./types.js').SubscribeOptions} SubscribeOptions */
/** @typedef {import('./conflation.js').Arrival} Arrival */

/**
 * What a desk tells, besides its subscriptions.
 * @typedef {object} DeskListener
 * @property {import('./emitter.js').Emitter<import('./client.js').ClientEvents>} events
 * @property {(plan: Plan) => void} replanned
 * @property {(error: unknown) => void} failed a listener threw
 */

export class Desk {
  #settings;
  #listener;
  #quotes = new Quotes();
  /** @type {Wanted<Subscription>} */
  #wanted;
  #verdicts = new Verdicts();
  /** @type {Map<Subscription, Set<string>>} Names that subscriptions gained and were given nothing of. */
  #joining = new Map();
  #replanning = false;
  /** @type {Plan} What the service was told of last. */
  #planned = new Map();
  #host;

  /**
   * @param {import('./settings.js').Settings} settings
   * @param {DeskListener} listener
   */
  constructor(settings, listener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#wanted = new Wanted(settings.hiddenInterval);
    this.#host = this.#makeHost();
  }

  /** What is wanted at present. */
  get plan() {
    return this.#wanted.plan;
  }

  /** The newest record of each symbol. */
  get quotes() {
    return this.#quotes;
  }

  /** @param {boolean} hidden whether nobody sees the page */
  set hidden(hidden) {
    this.#wanted.hidden = hidden;
    this.#replan();
  }

  /**
   * @param {string | readonly string[]} symbols
   * @param {SubscribeOptions} options
   */
  subscribe(symbols, options) {
    const subscription = new Subscription(this.#host, symbols, options);
    this.#wanted.add(subscription);
    this.#changed(subscription, subscription.symbols);
    return subscription;
  }

  /**
   * begin is told of a new session.
   * @param {string} epoch
   * @param {number} defaultMs the server's interval for who names none
   */
  begin(epoch, defaultMs) {
    this.#quotes.begin(epoch);
    this.#wanted.defaultMs = defaultMs;
  }

  /** lost is told that the session is over. */
  lost() {
    this.#quotes.suspend();
    this.#verdicts.clear();
    for (const subscription of this.#wanted.takers) subscription.unsettle();
  }

  /** close ends the iterations over all subscriptions. */
  close() {
    for (const subscription of [...this.#wanted.takers]) subscription.endTurns();
  }

  /** @param {import('./types.js').Grant} grant */
  granted(grant) {
    this.#verdicts.granted(grant);
    this.#review();
  }

  /**
   * @param {readonly string[]} names
   * @param {{code: string, message: string}} refusal
   */
  refused(names, refusal) {
    this.#verdicts.refused(names, this.plan, refusal);
    this.#review();
  }

  /**
   * resumed is told that what is held under these entries is current again.
   * @param {readonly string[]} names
   */
  resumed(names) {
    const resumed = new Set(names);
    this.#quotes.confirm((symbol) => resumed.has(this.#wanted.route(symbol)?.entry ?? ''));
  }

  /**
   * take is given the records of one frame.
   * @param {readonly Quote[]} records
   */
  take(records) {
    /** @type {Map<Subscription, Arrival[]>} */
    const batches = new Map();
    /** @type {Quote[]} */
    const shown = [];
    const listened = this.#listener.events.has('quotes');
    for (const record of records) {
      const arrival = this.#fold(record, batches);
      if (arrival && listened) shown.push(show(arrival.quote, arrival.envelope, this.#settings.decimals));
    }
    for (const [subscription, arrivals] of batches) subscription.take(arrivals);
    if (shown.length > 0) this.#listener.events.emit('quotes', shown);
  }

  #review() {
    for (const subscription of [...this.#wanted.takers]) subscription.review();
  }

  /** @returns {import('./subscription.js').Host} */
  #makeHost() {
    const { clock, decimals } = this.#settings;
    return {
      clock,
      decimals,
      changed: (subscription, added) => this.#changed(subscription, added),
      left: (subscription) => {
        this.#wanted.remove(subscription);
        this.#joining.delete(subscription);
        this.#replan();
      },
      intervalMs: (subscription) => this.#wanted.intervalMs(subscription),
      sharedMs: (symbol) => this.#wanted.route(symbol)?.terms.intervalMs ?? 0,
      holds: (symbol) => this.#quotes.get(symbol) !== undefined,
      verdict: (name) => this.#verdicts.of(name, this.#wanted.plan),
      failed: this.#listener.failed,
    };
  }

  /**
   * @param {Subscription} subscription
   * @param {readonly string[]} added
   */
  #changed(subscription, added) {
    const joining = this.#joining.get(subscription) ?? new Set();
    for (const name of added) joining.add(name);
    this.#joining.set(subscription, joining);
    this.#wanted.changed();
    this.#replan();
  }

  // #replan tells the service of what is wanted now, once for all that changes
  // in one turn of the program.
  #replan() {
    if (this.#replanning) return;
    this.#replanning = true;
    queueMicrotask(() => {
      this.#replanning = false;
      const before = this.#planned;
      this.#planned = this.plan;
      if ([...before.keys()].some((name) => !this.plan.has(name))) this.#shrink();
      this.#listener.replanned(this.plan);
      this.#join();
    });
  }

  // #shrink gives up what belongs to nobody any more.
  #shrink() {
    this.#settings.surroundings.bookmarks.retain(this.plan);
    this.#verdicts.retain(this.plan);
    this.#quotes.retain((symbol) => this.#wanted.route(symbol) !== null);
  }

  // #join gives subscriptions the newest records of what they gained.
  #join() {
    const joining = [...this.#joining];
    this.#joining.clear();
    for (const [subscription, names] of joining) {
      subscription.join(this.#heldOf(names));
      subscription.review();
    }
  }

  /** @param {ReadonlySet<string>} names */
  #heldOf(names) {
    const patterns = [...names].filter(isPattern);
    if (patterns.length === 0) return [...names].map((name) => this.#quotes.get(name)).filter((quote) => quote !== undefined);
    return [...this.#quotes.values()].filter(
      ({ symbol }) => names.has(symbol) || patterns.some((pattern) => covers(pattern, symbol)),
    );
  }

  /**
   * fold merges one record and puts it into the batches of who takes it.
   * @param {Quote} record
   * @param {Map<Subscription, Arrival[]>} batches
   */
  #fold({ envelope, ...change }, batches) {
    const route = this.#wanted.route(change.symbol);
    const terms = route && this.#verdicts.terms(change.symbol, route);
    const folded = terms && this.#quotes.fold(change, terms);
    if (!folded) return null;
    const arrival = { quote: folded.quote, envelope };
    for (const taker of route.takers) {
      const batch = batches.get(taker);
      if (batch) batch.push(arrival);
      else batches.set(taker, [arrival]);
    }
    this.#tellStatus(folded.quote, folded.previous);
    return arrival;
  }

  /**
   * @param {Quote} quote
   * @param {Quote | undefined} previous
   */
  #tellStatus(quote, previous) {
    const { symbol, reason = '' } = quote;
    const change = statusChange(quote, previous);
    if (change === 'stale') this.#listener.events.emit('stale', { symbol, reason });
    if (change === 'live') this.#listener.events.emit('live', { symbol });
  }
}
