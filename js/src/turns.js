// Turns is one asynchronous iteration over a subscription. Whoever iterates
// slowly finds at each turn the newest record of each symbol, never a queue.

import { Conflation } from './conflation.js';
import { show } from './quote.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./conflation.js').Arrival} Arrival */

/** @implements {AsyncIterableIterator<Quote[]>} */
export class Turns {
  #waiting = new Conflation();
  #decimals;
  #left;
  #ended = false;
  /** @type {((result: IteratorResult<Quote[]>) => void)[]} */
  #asking = [];

  /**
   * @param {import('./quote.js').Decimals} decimals
   * @param {(turns: Turns) => void} left is told when nobody iterates any more
   */
  constructor(decimals, left) {
    this.#decimals = decimals;
    this.#left = left;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @param {readonly Arrival[]} arrivals */
  put(arrivals) {
    for (const arrival of arrivals) this.#waiting.put(arrival);
    if (this.#waiting.size > 0) this.#asking.shift()?.(this.#turn());
  }

  /** @returns {Promise<IteratorResult<Quote[]>>} */
  next() {
    if (this.#waiting.size > 0) return Promise.resolve(this.#turn());
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  /** @returns {Promise<IteratorResult<Quote[]>>} */
  return() {
    this.#waiting.take();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** end lets the iteration run out, after what still waits. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#left(this);
    for (const answer of this.#asking.splice(0)) answer({ done: true, value: undefined });
  }

  /** @returns {IteratorResult<Quote[]>} */
  #turn() {
    const value = this.#waiting.take().map(({ quote, envelope }) => show(quote, envelope, this.#decimals));
    return { done: false, value };
  }
}
