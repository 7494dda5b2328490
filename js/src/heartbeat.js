// Heartbeat judges from what was received, and when, whether the other side is
// still there: it tells when it is late, when it is back, and when it is lost.

// How many heartbeats of silence there are before it is late, and lost.
const lateAfter = 1.25;
const lostAfter = 2;
// How often in a heartbeat is looked.
const looks = 8;

/**
 * @typedef {object} HeartbeatListener
 * @property {(late: boolean) => void} late
 * @property {(silenceMs: number) => void} lost
 * @property {() => void} due a heartbeat has passed since the last time
 */

export class Heartbeat {
  #clock;
  #listener;
  #periodMs = 0;
  #heardAt = 0;
  #dueAt = 0;
  #late = false;
  /** @type {any} */
  #timer = null;

  /**
   * @param {import('./types.js').Clock} clock
   * @param {HeartbeatListener} listener
   */
  constructor(clock, listener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** @param {number} periodMs */
  start(periodMs) {
    this.stop();
    this.#periodMs = periodMs;
    this.#heardAt = this.#clock.now();
    this.#dueAt = this.#heardAt;
    this.check();
  }

  stop() {
    this.#clock.clearTimeout(this.#timer);
    this.#periodMs = 0;
    this.#late = false;
  }

  heard() {
    this.#heardAt = this.#clock.now();
    if (this.#late) this.#judge(0);
  }

  /** check looks at the clock: for timers, and for a page that was asleep. */
  check() {
    if (this.#periodMs === 0) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.check(), this.#periodMs / looks);
    const now = this.#clock.now();
    this.#judge(now - this.#heardAt);
    if (this.#periodMs === 0 || now < this.#dueAt) return;
    this.#dueAt = now + this.#periodMs;
    this.#listener.due();
  }

  /** @param {number} silenceMs */
  #judge(silenceMs) {
    if (silenceMs >= lostAfter * this.#periodMs) {
      this.stop();
      this.#listener.lost(silenceMs);
      return;
    }
    const late = silenceMs >= lateAfter * this.#periodMs;
    if (late === this.#late) return;
    this.#late = late;
    this.#listener.late(late);
  }
}
