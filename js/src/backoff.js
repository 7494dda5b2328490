// Backoff draws the waits between attempts: exponential, with full jitter, so
// that clients that lost a server together do not come back together.

export class Backoff {
  #minMs;
  #maxMs;
  #random;
  #attempt = 0;

  /**
   * @param {number} minMs
   * @param {number} maxMs
   * @param {() => number} random
   */
  constructor(minMs, maxMs, random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  get attempt() {
    return this.#attempt;
  }

  /**
   * next returns the milliseconds to wait. A wait that the service asked for is
   * kept, up to the longest that this client takes.
   * @param {number} [askedMs]
   */
  next(askedMs = 0) {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt++;
    return Math.ceil(Math.max(this.#random() * ceiling, Math.min(askedMs, this.#maxMs)));
  }

  reset() {
    this.#attempt = 0;
  }
}
