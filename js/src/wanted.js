// Wanted is the union of what all subscriptions of a client want: the plan that
// the service is asked for, and who takes the records of a symbol.
//
// The service sends a symbol under one entry only: its own name, else the
// longest pattern that covers it. So an entry is asked for on the terms that
// suit every subscription with an entry that covers it.

import { Entries } from './entries.js';
import { durationMs } from './protocol.js';
import { makeTerms, union } from './terms.js';

/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').Plan} Plan */

/**
 * What Wanted needs to know of a subscription.
 * @typedef {object} Wish
 * @property {ReadonlySet<string>} names
 * @property {import('./types.js').SubscribeOptions} options
 */

/**
 * @template {Wish} Taker
 * @typedef {object} Route
 * @property {string} entry of the plan, under which the symbol comes
 * @property {Terms} terms
 * @property {readonly Taker[]} takers
 */

/** @template {Wish} Taker */
export class Wanted {
  /** @type {Set<Taker>} */
  #takers = new Set();
  #hidden = false;
  #hiddenInterval;
  // The server's own default, until it names another.
  #defaultMs = 100;
  /** @type {Plan | null} */
  #plan = null;
  #entries = new Entries([]);
  /** @type {Map<string, Set<Taker>>} Who has an entry, by its name. */
  #byName = new Map();
  /** @type {Map<string, Route<Taker> | null>} What was found out about symbols. */
  #routes = new Map();

  /** @param {string | null} hiddenInterval */
  constructor(hiddenInterval) {
    this.#hiddenInterval = hiddenInterval;
  }

  /** @returns {ReadonlySet<Taker>} */
  get takers() {
    return this.#takers;
  }

  /** @param {Taker} taker */
  add(taker) {
    this.#takers.add(taker);
    this.changed();
  }

  /** @param {Taker} taker */
  remove(taker) {
    this.#takers.delete(taker);
    this.changed();
  }

  /** changed is to be called after a subscription changed its names or options. */
  changed() {
    this.#plan = null;
    this.#routes.clear();
  }

  /** @param {boolean} hidden */
  set hidden(hidden) {
    this.#hidden = hidden;
    this.changed();
  }

  /** @param {number} ms the interval of whoever names none */
  set defaultMs(ms) {
    this.#defaultMs = ms;
    this.changed();
  }

  /**
   * intervalMs is what a subscription asks for at present.
   * @param {Wish} wish
   */
  intervalMs({ options }) {
    const own = options.interval === undefined ? this.#defaultMs : durationMs(options.interval);
    const hidden = options.hiddenInterval === undefined ? this.#hiddenInterval : options.hiddenInterval;
    return this.#hidden && hidden !== null ? Math.max(own, durationMs(hidden)) : own;
  }

  /** @returns {Plan} */
  get plan() {
    this.#plan ??= this.#make();
    return this.#plan;
  }

  /**
   * route tells on which terms a symbol comes and who takes it; null if nobody.
   * @param {string} symbol
   */
  route(symbol) {
    if (!this.#plan) this.#plan = this.#make();
    let route = this.#routes.get(symbol);
    if (route === undefined) {
      route = this.#find(symbol);
      this.#routes.set(symbol, route);
    }
    return route;
  }

  /**
   * @param {string} symbol
   * @returns {Route<Taker> | null}
   */
  #find(symbol) {
    const entry = this.#entries.of(symbol);
    const terms = entry === undefined ? undefined : this.plan.get(entry);
    return entry !== undefined && terms ? { entry, terms, takers: this.#covering(symbol) } : null;
  }

  /**
   * covering returns the subscriptions with an entry that covers a name.
   * @param {string} name
   */
  #covering(name) {
    const found = new Set();
    for (const entry of this.#entries.covering(name)) {
      for (const taker of this.#byName.get(entry) ?? []) found.add(taker);
    }
    return [...found];
  }

  #make() {
    this.#byName = new Map();
    for (const taker of this.#takers) {
      for (const name of taker.names) {
        const set = this.#byName.get(name);
        if (set) set.add(taker);
        else this.#byName.set(name, new Set([taker]));
      }
    }
    const names = [...this.#byName.keys()];
    this.#entries = new Entries(names);
    return new Map(names.map((name) => [name, this.#terms(this.#covering(name))]));
  }

  /** @param {readonly Taker[]} takers */
  #terms(takers) {
    return union(takers.map((taker) => makeTerms({
      intervalMs: this.intervalMs(taker),
      fields: taker.options.fields ?? null,
      mode: taker.options.mode ?? 'full',
      envelope: taker.options.envelope ?? false,
    })));
  }
}
