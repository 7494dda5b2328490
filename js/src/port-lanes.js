// Lanes hold what a tab has not been sent yet: of each symbol one record, which
// is due when the interval of its lane has passed.

import { Conflation } from './conflation.js';

/** @typedef {import('./conflation.js').Arrival} Arrival */
/** @typedef {{symbols: Set<string>, passedAt: number}} Lane */

export class Lanes {
  #records = new Conflation();
  /** @type {Map<number, Lane>} by their intervals; that of 0 is always due */
  #lanes = new Map();

  /**
   * @param {Arrival} arrival
   * @param {number} intervalMs
   */
  put(arrival, intervalMs) {
    this.#records.put(arrival);
    this.#lane(intervalMs).symbols.add(arrival.quote.symbol);
  }

  /**
   * move gives every record that waits another lane, or drops it where there is
   * none. What was conflated into a record goes along.
   * @param {(symbol: string) => number | undefined} intervalOf
   */
  move(intervalOf) {
    const before = this.#lanes;
    this.#lanes = new Map();
    this.#records.retain((symbol) => {
      const intervalMs = intervalOf(symbol);
      if (intervalMs !== undefined) this.#lane(intervalMs, before.get(intervalMs)?.passedAt).symbols.add(symbol);
      return intervalMs !== undefined;
    });
  }

  /**
   * take hands over what is due.
   * @param {number} now
   */
  take(now) {
    /** @type {Arrival[]} */
    const taken = [];
    for (const [intervalMs, lane] of this.#lanes) {
      if (lane.symbols.size === 0 || now < lane.passedAt + intervalMs) continue;
      lane.passedAt = now;
      for (const symbol of lane.symbols) taken.push(...this.#pull(symbol));
      lane.symbols.clear();
    }
    return taken;
  }

  /** When the next record is due; Infinity if none waits. */
  get dueAt() {
    let dueAt = Infinity;
    for (const [intervalMs, { symbols, passedAt }] of this.#lanes) {
      if (symbols.size > 0) dueAt = Math.min(dueAt, passedAt + intervalMs);
    }
    return dueAt;
  }

  // A record that another lane was faster with is there no more.
  /** @param {string} symbol */
  #pull(symbol) {
    const arrival = this.#records.pull(symbol);
    return arrival ? [arrival] : [];
  }

  /** @param {number} intervalMs */
  #lane(intervalMs, passedAt = -Infinity) {
    let lane = this.#lanes.get(intervalMs);
    if (!lane) this.#lanes.set(intervalMs, (lane = { symbols: new Set(), passedAt }));
    return lane;
  }
}
