// Verdicts are what became of each name at the service, in the present session.

/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').Plan} Plan */

/**
 * @typedef {object} Verdict
 * @property {Terms} terms that were asked for
 * @property {Terms} inForce on which records come
 * @property {boolean} pending there was no record yet
 * @property {string} code '' if it was accepted
 * @property {string} message of a command that was refused as a whole
 */

export class Verdicts {
  /** @type {Map<string, Verdict>} */
  #verdicts = new Map();

  /** @param {import('./types.js').Grant} grant */
  granted({ plan, inForce, pending, rejected }) {
    for (const [name, terms] of plan) {
      const code = rejected.get(name) ?? '';
      this.#verdicts.set(name, { terms, inForce, pending: pending.has(name), code, message: '' });
    }
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
   * terms returns those on which records of an entry come at present.
   * @param {string} entry
   * @param {Terms} wanted
   */
  terms(entry, wanted) {
    const verdict = this.#verdicts.get(entry);
    return verdict && !verdict.code ? verdict.inForce : wanted;
  }

  /** @param {Plan} plan */
  retain(plan) {
    for (const name of this.#verdicts.keys()) if (!plan.has(name)) this.#verdicts.delete(name);
  }

  clear() {
    this.#verdicts.clear();
  }
}
