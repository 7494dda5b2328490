// Conflation holds what somebody has not taken yet: of each symbol the newest
// quote, and the envelope of all that were replaced by it. So it never holds
// more than one record a symbol, however slow the taker is.

import { mergeEnvelopes } from './envelope.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Envelope} Envelope */

/**
 * A full quote, and the envelope that came with it.
 * @typedef {object} Arrival
 * @property {Quote} quote
 * @property {Envelope} [envelope]
 */

export class Conflation {
  /** @type {Map<string, Arrival>} */
  #waiting = new Map();

  get size() {
    return this.#waiting.size;
  }

  /** @param {Arrival} arrival */
  put({ quote, envelope }) {
    const before = this.#waiting.get(quote.symbol);
    this.#waiting.set(quote.symbol, { quote, envelope: mergeEnvelopes(before?.envelope, envelope) });
  }

  /**
   * take hands everything over that waits.
   * @returns {Arrival[]}
   */
  take() {
    const taken = [...this.#waiting.values()];
    this.#waiting.clear();
    return taken;
  }

  /**
   * pull hands over what waits of one symbol.
   * @param {string} symbol
   */
  pull(symbol) {
    const arrival = this.#waiting.get(symbol);
    this.#waiting.delete(symbol);
    return arrival;
  }

  /** @param {(symbol: string) => boolean} keep */
  retain(keep) {
    for (const symbol of this.#waiting.keys()) if (!keep(symbol)) this.#waiting.delete(symbol);
  }
}
