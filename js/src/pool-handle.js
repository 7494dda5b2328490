// One component's part of a client that it shares with others.

import { TickerError } from './errors.js';

/** @typedef {import('./client.js').TickerClient} TickerClient */
/** @typedef {import('./client.js').ClientEvents} ClientEvents */
/** @typedef {import('./subscription.js').Subscription} Subscription */

/**
 * @template {keyof TickerClient} Name
 * @typedef {TickerClient[Name] extends (...args: infer Args) => unknown ? Args : never} ArgsOf
 */

/**
 * SharedClient has the methods of TickerClient. Its release ends what was made
 * through it, subscriptions and listeners, and nothing of others; the connection
 * ends some time after the last one was released. A released one is of no use:
 * its methods throw 'closed'.
 */
export class SharedClient {
  /** @type {TickerClient | null} null once it was released */
  #shared;
  #giveBack;
  /** @type {Set<{name: string, listener: Function, off: () => void}>} */
  #listeners = new Set();
  /** @type {Set<Subscription>} */
  #subscriptions = new Set();

  /**
   * @internal Use sharedClient.
   * @param {TickerClient} client
   * @param {() => void} giveBack called once, on release
   */
  constructor(client, giveBack) {
    this.#shared = client;
    this.#giveBack = giveBack;
  }

  release() {
    if (!this.#shared) return;
    this.#shared = null;
    for (const { off } of [...this.#listeners]) off();
    for (const subscription of [...this.#subscriptions]) subscription.unsubscribe();
    this.#giveBack();
  }

  /** disconnect is release: the connection is not this component's to end. */
  disconnect() {
    this.release();
  }

  /** connect tries again where the shared client has given up. */
  connect() {
    this.#client.connect();
    return this;
  }

  get state() {
    return this.#shared?.state ?? 'closed';
  }

  get transport() {
    return this.#shared?.transport ?? '';
  }

  get session() {
    return this.#shared?.session ?? '';
  }

  get epoch() {
    return this.#shared?.epoch ?? '';
  }

  get interval() {
    return this.#shared?.interval;
  }

  get limits() {
    return this.#shared?.limits ?? {};
  }

  /**
   * @template {keyof ClientEvents} Name
   * @param {Name} name
   * @param {(...args: ClientEvents[Name]) => void} listener
   * @returns {() => void} takes the listener off again
   */
  on(name, listener) {
    // The same function may listen for other components too.
    return this.#listen(name, listener, (...args) => listener(...args));
  }

  /**
   * @template {keyof ClientEvents} Name
   * @param {Name} name
   * @param {(...args: ClientEvents[Name]) => void} listener
   */
  once(name, listener) {
    const off = this.#listen(name, listener, (...args) => {
      off();
      listener(...args);
    });
    return off;
  }

  /**
   * @template {keyof ClientEvents} Name
   * @param {Name} name
   * @param {(...args: ClientEvents[Name]) => void} listener
   */
  off(name, listener) {
    for (const entry of [...this.#listeners]) if (entry.name === name && entry.listener === listener) entry.off();
  }

  /** @param {ArgsOf<'subscribe'>} args */
  subscribe(...args) {
    const subscription = this.#client.subscribe(...args);
    this.#subscriptions.add(subscription);
    subscription.on('unsubscribed', () => this.#subscriptions.delete(subscription));
    return subscription;
  }

  /** @param {ArgsOf<'ready'>} args */
  ready(...args) {
    return this.#client.ready(...args);
  }

  serverTime() {
    return this.#client.serverTime();
  }

  /** @param {ArgsOf<'setToken'>} args */
  setToken(...args) {
    this.#client.setToken(...args);
  }

  /** @param {ArgsOf<'quote'>} args */
  quote(...args) {
    return this.#client.quote(...args);
  }

  quotes() {
    return this.#client.quotes();
  }

  /** @param {ArgsOf<'isFresh'>} args */
  isFresh(...args) {
    return this.#client.isFresh(...args);
  }

  /** @param {ArgsOf<'snapshot'>} args */
  snapshot(...args) {
    return this.#client.snapshot(...args);
  }

  /** @param {ArgsOf<'history'>} args */
  history(...args) {
    return this.#client.history(...args);
  }

  /** @param {ArgsOf<'candles'>} args */
  candles(...args) {
    return this.#client.candles(...args);
  }

  /** @param {ArgsOf<'symbols'>} args */
  symbols(...args) {
    return this.#client.symbols(...args);
  }

  /** @param {ArgsOf<'ledger'>} args */
  ledger(...args) {
    return this.#client.ledger(...args);
  }

  /** @param {ArgsOf<'publish'>} args */
  publish(...args) {
    return this.#client.publish(...args);
  }

  /** @param {ArgsOf<'configure'>} args */
  configure(...args) {
    return this.#client.configure(...args);
  }

  /** @param {ArgsOf<'ping'>} args */
  ping(...args) {
    return this.#client.ping(...args);
  }

  get #client() {
    if (!this.#shared) throw new TickerError('closed', 'this handle of a shared client was released');
    return this.#shared;
  }

  /**
   * @template {keyof ClientEvents} Name
   * @param {Name} name
   * @param {Function} listener as it was given
   * @param {(...args: ClientEvents[Name]) => void} called
   */
  #listen(name, listener, called) {
    const client = this.#client;
    const off = () => {
      client.off(name, called);
      this.#listeners.delete(entry);
    };
    const entry = { name, listener, off };
    client.on(name, called);
    this.#listeners.add(entry);
    return off;
  }
}
