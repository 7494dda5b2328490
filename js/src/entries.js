// Entries are the names and patterns of a plan, and which of them a symbol comes
// under: its own name, else the longest pattern that covers it.

import { covers, isPattern } from './protocol.js';

export class Entries {
  #names;
  #patterns;

  /** @param {Iterable<string>} names */
  constructor(names) {
    this.#names = new Set(names);
    this.#patterns = [...this.#names].filter(isPattern).sort((a, b) => b.length - a.length);
  }

  /**
   * of returns the entry that a symbol comes under, undefined if there is none.
   * @param {string} symbol
   */
  of(symbol) {
    return this.#names.has(symbol) ? symbol : this.#patterns.find((pattern) => covers(pattern, symbol));
  }

  /**
   * covering returns all entries that cover a name, or a whole pattern.
   * @param {string} name
   */
  covering(name) {
    const patterns = this.#patterns.filter((pattern) => pattern !== name && covers(pattern, name));
    return this.#names.has(name) ? [name, ...patterns] : patterns;
  }
}
