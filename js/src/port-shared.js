// One connection, and the tabs that share it.

import { PortSession } from './port-session.js';
import { TokenQuestion } from './port-token.js';
import { Upstream } from './port-upstream.js';

/** @typedef {import('./port.js').Join} Join */
/** @typedef {import('./port-tab.js').Tab} Tab */

export class Shared {
  /** @type {Map<Tab, PortSession | null>} */
  #tabs = new Map();
  /** @type {Set<Tab>} Those that can get a token. */
  #tokenTabs = new Set();
  /** @type {TokenQuestion | null} */
  #question = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #linger;
  #upstream;
  #lingerMs;
  #forget;

  /**
   * @param {Join} join of the first tab
   * @param {number} lingerMs how long it outlives its last tab
   * @param {() => void} forget is called when it has ended
   */
  constructor({ url, options, getsToken }, lingerMs, forget) {
    const getToken = getsToken ? (/** @type {{reason: string}} */ { reason }) => this.#ask(reason) : undefined;
    this.#upstream = new Upstream(url, { ...options, getToken });
    this.#lingerMs = lingerMs;
    this.#forget = forget;
  }

  /**
   * @param {Tab} tab
   * @param {boolean} getsToken
   */
  add(tab, getsToken) {
    clearTimeout(this.#linger);
    this.#tabs.set(tab, null);
    if (!getsToken) return;
    this.#tokenTabs.add(tab);
    this.#question?.ask(tab);
  }

  /** @param {Tab} tab */
  remove(tab) {
    this.#tabs.get(tab)?.close();
    this.#tabs.delete(tab);
    this.#tokenTabs.delete(tab);
    this.#question?.leave(tab);
    if (this.#tabs.size === 0) this.#linger = setTimeout(() => this.#end(), this.#lingerMs);
  }

  /**
   * open gives a tab a new connection, in the place of the one it had.
   * @param {Tab} tab
   * @param {MessagePort} port
   * @param {string} token
   */
  open(tab, port, token) {
    const session = new PortSession(port, this.#upstream, this.#tabs.get(tab) ?? null);
    this.#tabs.set(tab, session);
    this.#upstream.join(session, token);
  }

  /**
   * @param {Tab} tab
   * @param {number} id of a question
   */
  claimed(tab, id) {
    if (this.#question?.id === id) this.#question.claim(tab);
  }

  /**
   * @param {Tab} tab
   * @param {number} id of a question
   * @param {string} token
   */
  answered(tab, id, token) {
    if (this.#question?.id === id) this.#question.answered(tab, token);
  }

  /** @param {string} reason */
  async #ask(reason) {
    if (!this.#question) {
      this.#question = new TokenQuestion(reason);
      for (const tab of this.#tokenTabs) this.#question.ask(tab);
    }
    try {
      return await this.#question.answer;
    } finally {
      this.#question = null;
    }
  }

  #end() {
    this.#upstream.close();
    this.#forget();
  }
}
