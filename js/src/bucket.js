// Bucket paces what is sent, so that the service never has to refuse it for its
// rate: it closes a session that goes on beyond that.

export class Bucket {
  #clock;
  #perSecond;
  #burst;
  #level;
  #filledAt;
  /** @type {(() => void)[]} */
  #waiting = [];
  /** @type {any} */
  #timer = null;

  /**
   * @param {import('./types.js').Clock} clock
   * @param {number} perSecond
   * @param {number} burst
   */
  constructor(clock, perSecond, burst) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
    this.#filledAt = clock.now();
  }

  /**
   * take runs a task as soon as the rate allows it, in the order of the calls.
   * @param {() => void} task
   */
  take(task) {
    this.#waiting.push(task);
    this.#run();
  }

  /** close gives up what still waits. */
  close() {
    this.#waiting = [];
    this.#clock.clearTimeout(this.#timer);
  }

  #run() {
    this.#fill();
    while (this.#waiting.length > 0 && this.#level >= 1) {
      this.#level--;
      this.#waiting.shift()?.();
    }
    this.#clock.clearTimeout(this.#timer);
    if (this.#waiting.length === 0) return;
    const missingMs = ((1 - this.#level) / this.#perSecond) * 1000;
    this.#timer = this.#clock.setTimeout(() => this.#run(), Math.ceil(missingMs));
  }

  #fill() {
    const now = this.#clock.now();
    const gained = (Math.max(0, now - this.#filledAt) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#burst, this.#level + gained);
    this.#filledAt = now;
  }
}
