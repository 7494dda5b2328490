// Which tab gets the token for a client that several tabs share.

/** @typedef {import('./port-tab.js').Tab} Tab */

// A tab that has not answered by then is passed over: browsers freeze tabs.
const patienceMs = 30_000;

/**
 * TokenQuestion asks all tabs who can get a token and lets the first to answer
 * get it; when that one dies, the next.
 */
export class TokenQuestion {
  static #last = 0;

  id = ++TokenQuestion.#last;
  #reason;
  /** @type {Set<Tab>} */
  #asked = new Set();
  /** @type {Tab[]} in the order of their answers; the first is at it */
  #claims = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(token: string) => void} */
  #resolve = () => {};
  /** @type {Promise<string>} the token, '' if no tab has one */
  answer = new Promise((resolve) => (this.#resolve = resolve));

  /** @param {string} reason as getToken is told it */
  constructor(reason) {
    this.#reason = reason;
  }

  /** @param {Tab} tab */
  ask(tab) {
    if (this.#asked.has(tab)) return;
    this.#asked.add(tab);
    tab.tell({ type: 'token?', id: this.id });
  }

  /** @param {Tab} tab */
  claim(tab) {
    if (!this.#asked.has(tab) || this.#claims.includes(tab)) return;
    this.#claims.push(tab);
    if (this.#claims[0] === tab) this.#grant(tab);
  }

  /**
   * @param {Tab} tab
   * @param {string} token
   */
  answered(tab, token) {
    if (this.#claims[0] === tab) this.#settle(token);
  }

  // leave passes a tab over, and gives up after the last.
  /** @param {Tab} tab */
  leave(tab) {
    this.#asked.delete(tab);
    const first = this.#claims[0];
    this.#claims = this.#claims.filter((other) => other !== tab);
    const next = this.#claims[0];
    if (this.#asked.size === 0) this.#settle('');
    else if (next && next !== first) this.#grant(next);
  }

  /** @param {Tab} tab */
  #grant(tab) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.leave(tab), patienceMs);
    tab.tell({ type: 'token!', id: this.id, reason: this.#reason });
  }

  /** @param {string} token */
  #settle(token) {
    clearTimeout(this.#timer);
    this.#resolve(token);
  }
}
