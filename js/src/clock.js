// The clock of this machine, and what is known of the server's.

/**
 * systemClock is the one that is used unless a test brings its own. Its time is
 * that of the wall, so that it also counts while the machine sleeps.
 * @type {import('./types.js').Clock}
 */
export const systemClock = Object.freeze({
  now: () => Date.now(),
  /**
   * @param {() => void} task
   * @param {number} ms
   */
  setTimeout: (task, ms) => globalThis.setTimeout(task, ms),
  /** @param {any} timer */
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
});

/** ServerClock tells what the server's clock shows, from when it was last told. */
export class ServerClock {
  #clock;
  /** @type {number | null} How far the clock here is ahead, in milliseconds, transit included. */
  #aheadMs = null;

  /** @param {import('./types.js').Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {number} micros what the server's clock shows just now */
  set(micros) {
    this.#aheadMs = this.#clock.now() - micros / 1000;
  }

  reset() {
    this.#aheadMs = null;
  }

  /** @returns {number | null} microseconds */
  get micros() {
    return this.#aheadMs === null ? null : Math.round((this.#clock.now() - this.#aheadMs) * 1000);
  }
}
