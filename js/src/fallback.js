// Fallback chooses the transport of the next attempt. One that does not come
// through, while the service can be reached otherwise, makes room for the next;
// the better ones are tried again after a while.

/** @typedef {import('./types.js').TransportKind} TransportKind */
/** @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} Memory */

// A transport is left after so many attempts that failed in a row.
const patience = 2;

export class Fallback {
  #kinds;
  #key;
  #memory;
  #clock;
  #upgradeAfterMs;
  #place = 0;
  #failures = 0;
  /** When the first transport was left. */
  #leftAt = 0;

  /**
   * @param {readonly TransportKind[]} kinds the best first
   * @param {{address: string, memory: Memory | null, clock: import('./types.js').Clock, upgradeAfterMs: number}} more
   */
  constructor(kinds, { address, memory, clock, upgradeAfterMs }) {
    this.#kinds = kinds;
    this.#key = `ticker:transport:${address}`;
    this.#memory = memory;
    this.#clock = clock;
    this.#upgradeAfterMs = upgradeAfterMs;
    this.#recall();
  }

  /**
   * next returns the transport to try now.
   * @returns {TransportKind}
   */
  next() {
    if (this.#place > 0 && this.#clock.now() - this.#leftAt >= this.#upgradeAfterMs) this.#moveTo(0);
    return /** @type {TransportKind} */ (this.#kinds[this.#place]);
  }

  /** worked is told that the transport came through. */
  worked() {
    this.#failures = 0;
    this.#remember();
  }

  /**
   * failed is told that the transport did not come through though the service
   * can be reached.
   * @param {boolean} [unsupported] the service does not have it at all
   */
  failed(unsupported = false) {
    this.#failures++;
    if (unsupported || this.#failures >= patience) this.#moveTo((this.#place + 1) % this.#kinds.length);
  }

  /** @param {number} place */
  #moveTo(place) {
    if (this.#place === 0 && place !== 0) this.#leftAt = this.#clock.now();
    this.#place = place;
    this.#failures = 0;
  }

  #recall() {
    try {
      const { name, leftAt } = JSON.parse(this.#memory?.getItem(this.#key) ?? 'null') ?? {};
      const place = this.#kinds.findIndex((kind) => kind.name === name);
      // A time in the future would keep the better ones away for ever.
      if (place <= 0 || !Number.isFinite(leftAt) || leftAt > this.#clock.now()) return;
      this.#place = place;
      this.#leftAt = leftAt;
    } catch {
      // A storage that is shut, or holds something else, is as good as none.
    }
  }

  #remember() {
    try {
      if (this.#place === 0) this.#memory?.removeItem(this.#key);
      else this.#memory?.setItem(this.#key, JSON.stringify({ name: this.#kinds[this.#place]?.name, leftAt: this.#leftAt }));
    } catch {
      // The same.
    }
  }
}
