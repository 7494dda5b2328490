// Pages of a browser, as far as tests need them.

import { TickerClient } from '../src/client.js';
import { Tabs } from '../src/tabs.js';

/** @typedef {import('../src/settings.js').ClientOptions} ClientOptions */

/** Tab is a page with a client that shares its connection. */
export class Tab {
  hidden = false;
  /** @type {() => void} */
  #look = () => {};
  /** @type {any[]} */
  errors = [];
  /** @type {string[]} */
  states = [];

  /**
   * @param {string} url
   * @param {ClientOptions} options
   * @param {() => MessagePort} startWorker
   */
  constructor(url, options, startWorker) {
    this.shared = new Tabs(url, { minReconnectDelay: 10, ...options }, 'true', startWorker);
    this.client = new TickerClient(url, { ...this.shared.options, visibility: this.#page() });
    this.client.on('error', (error) => this.errors.push(error));
    this.client.on('state', ({ state }) => this.states.push(state));
    this.client.connect();
  }

  #page() {
    const hidden = () => this.hidden;
    return {
      get hidden() {
        return hidden();
      },
      addEventListener: (/** @type {string} */ _, /** @type {() => void} */ look) => {
        this.#look = look;
      },
      removeEventListener: () => {},
    };
  }

  /** @param {boolean} hidden */
  turn(hidden) {
    this.hidden = hidden;
    this.#look();
  }

  close() {
    this.client.disconnect();
    this.shared.close();
  }
}

/** FakeLocks are Web Locks that can be lost, as a tab does that dies. */
export class FakeLocks {
  /** @type {Map<string, {lost: () => void}>} */
  held = new Map();

  /**
   * @param {string} name
   * @param {any} optionsOrTask
   * @param {() => Promise<void>} [given]
   */
  async request(name, optionsOrTask, given) {
    const task = given ?? optionsOrTask;
    while (this.held.has(name)) await new Promise((resume) => setTimeout(resume, 1));
    await new Promise((resolve, reject) => {
      optionsOrTask.signal?.throwIfAborted();
      this.held.set(name, { lost: () => resolve(undefined) });
      Promise.resolve(task()).then(resolve, reject);
    });
    this.held.delete(name);
  }

  /** @param {number} place */
  lose(place) {
    [...this.held.values()][place]?.lost();
  }
}
