// FakeClock is a clock that only a test moves.

import { settle } from './wait.js';

/** @typedef {import('../../src/types.js').Clock} Clock */

/** @implements {Clock} */
export class FakeClock {
  #now = 1_000_000;
  #last = 0;
  /** @type {Map<number, {at: number, task: () => void}>} */
  #timers = new Map();

  now = () => this.#now;

  /**
   * @param {() => void} task
   * @param {number} ms
   */
  setTimeout = (task, ms) => {
    this.#timers.set(++this.#last, { at: this.#now + Math.max(0, ms), task });
    return this.#last;
  };

  /** @param {number} timer */
  clearTimeout = (timer) => {
    this.#timers.delete(timer);
  };

  /** How many timers are set. */
  get timers() {
    return this.#timers.size;
  }

  /**
   * advance moves the time and runs what comes due, in its order.
   * @param {number} ms
   */
  async advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const [due] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!due) break;
      const [id, { at, task }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      task();
    }
    this.#now = end;
    await settle();
  }
}
