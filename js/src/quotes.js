// Quotes holds the newest full record of every symbol, and knows which of them
// the present session vouches for.

import { mergeQuote } from './quote.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {{quote: Quote, epoch: string, session: number}} Held */

// More symbols than this are not held: no service that means well has them.
const maxHeld = 1_000_000;

export class Quotes {
  /** @type {Map<string, Held>} */
  #held = new Map();
  #epoch = '';
  #session = 0;

  /**
   * begin is told of a new session: until it is sent a record, or the resume was
   * granted, nothing that is held is known to be current.
   * @param {string} epoch '' if it is not known
   */
  begin(epoch) {
    this.#session++;
    this.#epoch = epoch;
  }

  /** suspend is told that there is no session any more. */
  suspend() {
    this.#session++;
  }

  /**
   * fold takes a record and returns it in full, with the one before. It returns
   * null for a record that is older than what is held; where the epoch is not
   * known, a number that went back is that of a new one.
   * @param {Quote} change without envelope
   * @param {Pick<Terms, 'mode' | 'fields'>} terms on which it was sent
   * @returns {{quote: Quote, previous: Quote | undefined} | null}
   */
  fold(change, { mode, fields }) {
    const held = this.#held.get(change.symbol);
    const base = held && this.#continues(held) ? held.quote : undefined;
    if (base && this.#epoch !== '' && change.seq < base.seq) return null;
    if (!held && this.#held.size >= maxHeld) return null;
    // Only in a full record an absent field is one that is not known.
    const quote = Object.freeze(base && mode === 'delta' ? mergeQuote(base, change, fields) : change);
    this.#held.set(change.symbol, { quote, epoch: this.#epoch, session: this.#session });
    return { quote, previous: held?.quote };
  }

  /**
   * continues reports whether records of this session follow on a held one.
   * Numbers of another epoch do not compare.
   * @param {Held} held
   */
  #continues({ epoch, session }) {
    return session === this.#session || (epoch !== '' && epoch === this.#epoch);
  }

  /** @param {string} symbol */
  get(symbol) {
    return this.#held.get(symbol)?.quote;
  }

  *values() {
    for (const { quote } of this.#held.values()) yield quote;
  }

  /** @param {string} symbol */
  isFresh(symbol) {
    return this.#held.get(symbol)?.session === this.#session;
  }

  /**
   * confirm is told that a resume was granted: what is held of these symbols,
   * and of this epoch, is current.
   * @param {(symbol: string) => boolean} resumed
   */
  confirm(resumed) {
    for (const [symbol, held] of this.#held) {
      if (this.#epoch !== '' && held.epoch === this.#epoch && resumed(symbol)) held.session = this.#session;
    }
  }

  /** @param {(symbol: string) => boolean} wanted */
  retain(wanted) {
    for (const symbol of this.#held.keys()) if (!wanted(symbol)) this.#held.delete(symbol);
  }
}
