// Verdicts are what became of each name at the service, in the present session.

import { Entries } from './entries.js';

/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').Plan} Plan */

/**
 * @typedef {object} Verdict
 * @property {Terms} terms that were asked for
 * @property {Terms} inForce on which records come, if it was accepted
 * @property {boolean} pending there was no record yet
 * @property {string} code '' if it was accepted
 * @property {string} message of a command that was refused as a whole
 */

export class Verdicts {
  /** @type {Map<string, Verdict>} */
  #verdicts = new Map();
  /** @type {Map<string, Terms>} What the service has, also of names whose last subscribe it refused. */
  #inForce = new Map();
  /** @type {Entries | null} The names of these; null until they are asked for. */
  #entries = null;

  /** @param {import('./types.js').Grant} grant */
  granted({ plan, inForce, pending, rejected }) {
    for (const [name, terms] of plan) {
      const code = rejected.get(name) ?? '';
      if (code) this.#inForce.delete(name);
      else this.#inForce.set(name, inForce);
      this.#verdicts.set(name, { terms, inForce, pending: pending.has(name), code, message: '' });
    }
    this.#entries = null;
  }

  /**
   * @param {readonly string[]} names
   * @param {Plan} plan
   * @param {{code: string, message: string}} refusal
   */
  refused(names, plan, { code, message }) {
    for (const name of names) {
      const terms = plan.get(name);
      if (terms) this.#verdicts.set(name, { terms, inForce: terms, pending: false, code, message });
    }
  }

  /**
   * of returns the verdict on a name as it is wanted now.
   * @param {string} name
   * @param {Plan} plan
   */
  of(name, plan) {
    const verdict = this.#verdicts.get(name);
    return verdict && verdict.terms.key === plan.get(name)?.key ? verdict : undefined;
  }

  /**
   * terms returns those on which records of a symbol come at present. As long as the
   * service has not granted the entry that the symbol is wanted under, or if it never
   * will, that is another one that covers the symbol.
   * @param {string} symbol
   * @param {{entry: string, terms: Terms}} wanted
   */
  terms(symbol, wanted) {
    return this.#inForce.get(wanted.entry) ?? this.#covering(symbol) ?? wanted.terms;
  }

  /** @param {string} symbol */
  #covering(symbol) {
    this.#entries ??= new Entries(this.#inForce.keys());
    return this.#inForce.get(this.#entries.of(symbol) ?? '');
  }

  /** @param {Plan} plan */
  retain(plan) {
    for (const name of this.#verdicts.keys()) if (!plan.has(name)) this.#verdicts.delete(name);
    for (const name of this.#inForce.keys()) if (!plan.has(name)) this.#inForce.delete(name);
    this.#entries = null;
  }

  clear() {
    this.#verdicts.clear();
    this.#inForce.clear();
    this.#entries = null;
  }
}
