// Gate lets records through no more often than one interval: the first after a
// quiet spell at once, the newest of a burst at its end.

import { Conflation } from './conflation.js';

/** @typedef {import('./conflation.js').Arrival} Arrival */

export class Gate {
  #clock;
  #deliver;
  #waiting = new Conflation();
  #openedAt = -Infinity;
  /** @type {any} */
  #timer = null;

  /**
   * @param {import('./types.js').Clock} clock
   * @param {(arrivals: Arrival[]) => void} deliver
   */
  constructor(clock, deliver) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /**
   * put lets records through now, or keeps them until the interval is over.
   * @param {readonly Arrival[]} arrivals
   * @param {number} intervalMs
   */
  put(arrivals, intervalMs) {
    for (const arrival of arrivals) this.#waiting.put(arrival);
    if (this.#waiting.size === 0) return;
    const waitMs = this.#openedAt + intervalMs - this.#clock.now();
    this.#clock.clearTimeout(this.#timer);
    if (waitMs <= 0) this.#open();
    else this.#timer = this.#clock.setTimeout(() => this.#open(), waitMs);
  }

  /**
   * pass merges a record that need not wait with what waits of its symbol.
   * @param {Arrival} arrival
   * @returns {Arrival}
   */
  pass(arrival) {
    this.#waiting.put(arrival);
    return this.#waiting.pull(arrival.quote.symbol) ?? arrival;
  }

  /** @param {(symbol: string) => boolean} keep */
  retain(keep) {
    this.#waiting.retain(keep);
  }

  close() {
    this.#clock.clearTimeout(this.#timer);
    this.#waiting.take();
  }

  #open() {
    this.#openedAt = this.#clock.now();
    this.#deliver(this.#waiting.take());
  }
}
