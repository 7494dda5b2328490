// The options of a client, checked, and with what is usual where one is not told.

import { Address } from './address.js';
import { Bookmarks } from './bookmarks.js';
import { systemClock } from './clock.js';
import { TickerError } from './errors.js';
import { Fallback } from './fallback.js';
import { PollTransport } from './transports/poll.js';
import { SSETransport } from './transports/sse.js';
import { WebSocketTransport } from './transports/websocket.js';
import { duration } from './wish.js';

/** @typedef {import('./types.js').TransportKind} TransportKind */
/** @typedef {import('./types.js').Surroundings} Surroundings */

/**
 * Times are milliseconds, but for hiddenInterval, which is a duration.
 * @typedef {object} ClientOptions
 * @property {string} [token]
 * @property {import('./credentials.js').GetToken} [getToken] gives a token when
 *   one is needed; to throw or to return '' is to give up
 * @property {readonly ('websocket' | 'sse' | 'poll' | TransportKind)[]} [transports] the best first
 * @property {number} [minReconnectDelay] default 250
 * @property {number} [maxReconnectDelay] default 30000
 * @property {number} [upgradeAfter] when better transports are tried again; default 5 minutes
 * @property {number} [timeout] of the handshake, the welcome and an answer; default 10000
 * @property {number} [maxQueue] requests that may wait; default 100
 * @property {string | null} [hiddenInterval] while the page is hidden; default '5s'
 * @property {'string' | 'number'} [decimals] default 'number'
 * @property {typeof globalThis.fetch} [fetch]
 * @property {any} [WebSocket] a constructor like that of browsers
 * @property {import('./fallback.js').Memory | null} [storage] default localStorage, if there is one
 * @property {import('./visibility.js').Page | null} [visibility] default the document, if there is one
 * @property {import('./types.js').Clock} [clock]
 * @property {() => number} [random]
 */

/**
 * @typedef {object} Settings
 * @property {string} token
 * @property {import('./credentials.js').GetToken | undefined} getToken
 * @property {number} minReconnectDelay
 * @property {number} maxReconnectDelay
 * @property {number} maxQueue
 * @property {string | null} hiddenInterval
 * @property {import('./quote.js').Decimals} decimals
 * @property {import('./visibility.js').Page | undefined} page
 * @property {import('./types.js').Clock} clock
 * @property {() => number} random
 * @property {Fallback} fallback
 * @property {Omit<Surroundings, 'token'>} surroundings
 */

/**
 * readSettings throws 'bad_request' for what cannot be meant.
 * @param {string | URL | undefined} url
 * @param {ClientOptions} options
 * @returns {Settings}
 */
export function readSettings(url, options) {
  const clock = options.clock ?? systemClock;
  const address = new Address(url);
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  const kinds = kindsOf(options.transports ?? ['websocket', 'sse', 'poll'], WebSocket !== undefined);
  const memory = options.storage === undefined ? localStorage() : options.storage;
  const minReconnectDelay = positive('minReconnectDelay', options.minReconnectDelay ?? 250);
  return {
    token: options.token ?? '',
    getToken: options.getToken,
    minReconnectDelay,
    maxReconnectDelay: Math.max(minReconnectDelay, positive('maxReconnectDelay', options.maxReconnectDelay ?? 30_000)),
    maxQueue: positive('maxQueue', options.maxQueue ?? 100),
    hiddenInterval: options.hiddenInterval === null ? null : duration('hiddenInterval', options.hiddenInterval ?? '5s'),
    decimals: decimalsOf(options.decimals ?? 'number'),
    page: options.visibility === undefined ? globalThis.document : (options.visibility ?? undefined),
    clock,
    random: options.random ?? Math.random,
    fallback: new Fallback(kinds, {
      address: String(address), memory, clock, upgradeAfterMs: positive('upgradeAfter', options.upgradeAfter ?? 300_000),
    }),
    surroundings: {
      address,
      clock,
      WebSocket,
      timeoutMs: positive('timeout', options.timeout ?? 10_000),
      fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
      bookmarks: new Bookmarks(),
    },
  };
}

/** @type {Readonly<Record<string, TransportKind>>} */
const known = Object.freeze({
  websocket: { name: 'websocket', create: (around, listener) => new WebSocketTransport(around, listener) },
  sse: { name: 'sse', create: (around, listener) => new SSETransport(around, listener) },
  poll: { name: 'poll', create: (around, listener) => new PollTransport(around, listener) },
});

/**
 * @param {readonly (string | TransportKind)[]} transports
 * @param {boolean} hasWebSocket
 */
function kindsOf(transports, hasWebSocket) {
  const kinds = transports
    .filter((entry) => entry !== 'websocket' || hasWebSocket)
    .map((entry) => (typeof entry === 'string' ? known[entry] : entry));
  if (kinds.length === 0) throw new TickerError('unavailable', 'there is no transport to use');
  return kinds.map((kind) => {
    if (!kind) throw new TickerError('bad_request', `transports must be some of ${Object.keys(known).join(', ')}`);
    return kind;
  });
}

/**
 * @param {string} name
 * @param {number} value
 */
function positive(name, value) {
  if (!Number.isFinite(value) || value <= 0) throw new TickerError('bad_request', `${name} must be a number above 0`);
  return value;
}

/** @param {string} value */
function decimalsOf(value) {
  if (value !== 'string' && value !== 'number') throw new TickerError('bad_request', "decimals must be 'string' or 'number'");
  return value;
}

function localStorage() {
  try {
    // Node has one too, which it warns of.
    return globalThis.document ? globalThis.localStorage : null;
  } catch {
    // A page that may keep nothing is told so by an exception.
    return null;
  }
}
