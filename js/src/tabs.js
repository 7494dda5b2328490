// A page's part in a connection that it shares with the other tabs of its origin.
// The connection lives in worker.js; where that cannot be had, the client of the
// page goes on with a connection of its own.

import { Address } from './address.js';
import { PortTransport } from './port-transport.js';
import { TabLink } from './tabs-link.js';

/** @typedef {import('./settings.js').ClientOptions} ClientOptions */
/** @typedef {import('./port.js').Join} Join */
/** @typedef {import('./credentials.js').GetToken} GetToken */

const usualTransports = /** @type {const} */ (['websocket', 'sse', 'poll']);
// What the worker's connection is made with. The rest concerns the page alone.
const crossing = /** @type {const} */ ([
  'token', 'transports', 'minReconnectDelay', 'maxReconnectDelay', 'upgradeAfter', 'timeout', 'maxQueue',
]);
// It stands for the token that the worker has, and never leaves the page.
const sharedToken = 'shared';

export class Tabs {
  #join;
  #getToken;
  #startWorker;
  /** @type {TabLink | null} */
  #link = null;
  #closed = false;
  /** @type {Readonly<ClientOptions>} What the client of the page is to be made with. */
  options;

  /**
   * @param {string | URL | undefined} url
   * @param {ClientOptions} options
   * @param {string} group sets tabs apart
   * @param {() => MessagePort} startWorker
   */
  constructor(url, options, group, startWorker) {
    this.#join = joinOf(String(new Address(url)), options, group);
    this.#getToken = options.getToken;
    this.#startWorker = startWorker;
    this.options = {
      ...options,
      transports: [this.#kind(), ...(options.transports ?? usualTransports)],
      getToken: options.getToken && ((request) => this.#token(request)),
      // What the page remembers of its own connections says nothing about this one.
      storage: null,
    };
  }

  close() {
    this.#closed = true;
    this.#link?.close();
    this.#link = null;
  }

  /** @returns {import('./types.js').TransportKind} */
  #kind() {
    return {
      name: 'tabs',
      create: (around, listener) => new PortTransport(around, listener, (port) => {
        return this.#reach(port, this.#getToken ? '' : around.token);
      }),
    };
  }

  /**
   * @param {MessagePort} port
   * @param {string} token
   */
  async #reach(port, token) {
    const link = this.#linked();
    const reached = (await link?.joined) === true && (await link?.open(port, token)) === true;
    // The next attempt begins anew.
    if (!reached && link === this.#link) this.#leave();
    return reached;
  }

  // The worker asks one of the tabs for a token when it needs one; this page has
  // to get its own only where there is no worker.
  /** @param {Parameters<GetToken>[0]} request */
  async #token(request) {
    return (await this.#linked()?.joined) ? sharedToken : /** @type {GetToken} */ (this.#getToken)(request);
  }

  #linked() {
    if (!this.#closed) this.#link ??= this.#start();
    return this.#link;
  }

  #start() {
    try {
      return new TabLink(this.#startWorker(), this.#join, this.#getToken);
    } catch {
      return null;
    }
  }

  #leave() {
    this.#link?.close();
    this.#link = null;
  }
}

/**
 * canShare reports whether a connection with these options could be made by
 * another thread: functions do not cross.
 * @param {ClientOptions} options
 */
export function canShare({ fetch, WebSocket, transports = [] }) {
  return !fetch && !WebSocket && transports.every((transport) => typeof transport === 'string');
}

/**
 * @param {string} url
 * @param {ClientOptions} options
 * @param {string} group
 * @returns {Omit<Join, 'lock'>}
 */
function joinOf(url, options, group) {
  const crossed = Object.fromEntries(crossing.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
  const getsToken = options.getToken !== undefined;
  return { key: JSON.stringify([url, group, getsToken, crossed]), url, options: crossed, getsToken };
}
