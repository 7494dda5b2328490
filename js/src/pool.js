// The clients that the components of a page share.

import { Address } from './address.js';
import { TickerClient } from './client.js';
import { SharedClient } from './pool-handle.js';
import { canShare, Tabs } from './tabs.js';
import { startWorker } from './tabs-worker.js';

/** @typedef {import('./settings.js').ClientOptions} ClientOptions */

/**
 * @typedef {object} SharingOptions
 * @property {boolean | string} [tabs] share the connection with the other tabs of
 *   the origin; a string sets apart the tabs of different users
 * @property {number} [lingerMs] how long the client outlives its last handle
 */

/** @type {Map<string, Shared>} */
const pool = new Map();

/**
 * sharedClient returns a handle on the client of a URL. Handles that were asked
 * for with equal options share one client: numbers, texts and lists are equal by
 * what they hold, functions and objects if they are the same.
 * @param {string | URL} [url] of the service; unless told, where the page is from
 * @param {ClientOptions & SharingOptions} [options]
 */
export function sharedClient(url, { lingerMs = 1000, ...options } = {}) {
  const key = keyOf(String(new Address(url)), options);
  let shared = pool.get(key);
  if (!shared) {
    shared = new Shared(url, options, () => pool.delete(key));
    pool.set(key, shared);
  }
  return shared.acquire(lingerMs);
}

// Shared is one client of the pool, with the count of its handles.
class Shared {
  #handles = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #linger;
  #client;
  #close;

  /**
   * @param {string | URL | undefined} url
   * @param {ClientOptions & SharingOptions} options
   * @param {() => void} forget is called when it has ended
   */
  constructor(url, { tabs, ...options }, forget) {
    const link = tabs && canShare(options) ? new Tabs(url, options, String(tabs), startWorker) : null;
    this.#client = new TickerClient(url, link ? link.options : options);
    this.#close = () => {
      forget();
      this.#client.disconnect();
      link?.close();
    };
  }

  /** @param {number} lingerMs */
  acquire(lingerMs) {
    clearTimeout(this.#linger);
    this.#handles++;
    this.#client.connect();
    return new SharedClient(this.#client, () => this.#release(lingerMs));
  }

  /** @param {number} lingerMs */
  #release(lingerMs) {
    if (--this.#handles === 0) this.#linger = setTimeout(this.#close, lingerMs);
  }
}

/** @type {WeakMap<object, number>} */
const identities = new WeakMap();
let identified = 0;

/**
 * @param {string} url
 * @param {object} options
 */
function keyOf(url, options) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  given.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([url, given], (_, value) => (isPlain(value) ? value : identity(value)));
}

/** @param {unknown} value */
function isPlain(value) {
  return Array.isArray(value) || (typeof value !== 'object' && typeof value !== 'function') || value === null;
}

// identity tells objects apart without keeping them in memory.
/** @param {object} value */
function identity(value) {
  let number = identities.get(value);
  if (!number) {
    number = ++identified;
    identities.set(value, number);
  }
  return { identity: number };
}
