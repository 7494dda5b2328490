// Random numbers that are the same for the same seed, so that a failure can be
// had again.

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** fraction returns a number from 0 up to 1. */
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * below returns an integer from 0 up to a limit.
   * @param {number} limit
   */
  below(limit) {
    return Math.floor(this.fraction() * limit);
  }

  /** @param {number} [chance] */
  flip(chance = 0.5) {
    return this.fraction() < chance;
  }

  /**
   * @template Item
   * @param {readonly Item[]} items
   * @returns {Item}
   */
  pick(items) {
    return /** @type {Item} */ (items[this.below(items.length)]);
  }

  /**
   * some returns a part of a list, maybe none.
   * @template Item
   * @param {readonly Item[]} items
   * @param {number} [chance] of each
   */
  some(items, chance = 0.5) {
    return items.filter(() => this.flip(chance));
  }
}

/**
 * seeded runs a property for many seeds and says which of them failed.
 * @param {number} runs
 * @param {(random: Random) => void | Promise<void>} property
 */
export async function seeded(runs, property) {
  for (let seed = 1; seed <= runs; seed++) {
    try {
      await property(new Random(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    }
  }
}
