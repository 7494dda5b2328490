// The worker's tabs, and the connections that they share.

import { Shared } from './port-shared.js';
import { Tab } from './port-tab.js';

/** @typedef {import('./port.js').Join} Join */

export class Hub {
  #lingerMs;
  /** @type {Map<string, Shared>} */
  #shared = new Map();

  /** @param {number} lingerMs how long a connection outlives its last tab */
  constructor(lingerMs) {
    this.#lingerMs = lingerMs;
  }

  /** @param {MessagePort} port the control port of a tab */
  attach(port) {
    /** @type {Shared | null} */
    let shared = null;
    const tab = new Tab(port, {
      joined: (join) => {
        shared ??= this.#of(join);
        shared.add(tab, join.getsToken);
      },
      opened: (socket, token) => shared?.open(tab, socket, token),
      claimed: (id) => shared?.claimed(tab, id),
      answered: (id, token) => shared?.answered(tab, id, token),
      gone: () => shared?.remove(tab),
    });
  }

  /** @param {Join} join */
  #of(join) {
    let shared = this.#shared.get(join.key);
    if (!shared) {
      shared = new Shared(join, this.#lingerMs, () => this.#shared.delete(join.key));
      this.#shared.set(join.key, shared);
    }
    return shared;
  }
}
