// The requests of the protocol, each as a message of a WebSocket and, where
// there is a route, as a request of HTTP.

import { TickerError } from './errors.js';

/**
 * @typedef {object} HTTPRequest
 * @property {string} method
 * @property {string} route
 * @property {Record<string, unknown>} [query]
 * @property {unknown} [body]
 */

/**
 * @typedef {object} RequestKind
 * @property {(params: any) => Record<string, unknown>} message
 * @property {(params: any) => HTTPRequest} [http]
 */

/**
 * @param {string} resource
 * @returns {(params: any) => Record<string, unknown>}
 */
const query = (resource) => (params) => ({ type: 'query', resource, params });

/**
 * @param {string} action
 * @returns {(params: any) => Record<string, unknown>}
 */
const command = (action) => (params) => ({ type: 'command', action, ...params });

/**
 * @param {string} route
 * @param {Record<string, unknown>} [params]
 * @returns {HTTPRequest}
 */
const get = (route, params) => ({ method: 'GET', route, query: params });

// The slash of a symbol is a part of its name, not of the path.
const segment = encodeURIComponent;

/** @type {Readonly<Record<string, RequestKind>>} */
const kinds = Object.freeze({
  snapshot: {
    message: query('snapshot'),
    http: ({ symbols, at }) => get('v1/snapshot', { symbols: symbols.join(','), at }),
  },
  history: {
    message: query('history'),
    http: ({ symbol, ...rest }) => get(`v1/history/${segment(symbol)}`, rest),
  },
  candles: {
    message: query('candles'),
    http: ({ symbol, ...rest }) => get(`v1/candles/${segment(symbol)}`, rest),
  },
  symbols: { message: query('symbols'), http: (params) => get('v1/symbols', params) },
  publish: {
    message: command('publish'),
    http: ({ quotes }) => ({ method: 'POST', route: 'v1/quotes', body: quotes }),
  },
  ping: { message: () => ({ type: 'ping' }), http: () => get('v1/symbols', { limit: 1 }) },
  session: { message: query('session') },
  configure: { message: command('configure') },
});

/**
 * asMessage writes a request as a message, but for its id.
 * @param {import('./types.js').Request} request
 */
export function asMessage({ kind, params }) {
  return known(kind).message(params);
}

/**
 * asHTTP writes a request as one of HTTP. It throws 'unavailable' if there is no
 * route for it.
 * @param {import('./types.js').Request} request
 */
export function asHTTP({ kind, params }) {
  const { http } = known(kind);
  if (!http) throw new TickerError('unavailable', `${kind} needs a WebSocket connection`);
  return http(params);
}

/** @param {string} kind */
function known(kind) {
  const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!found) throw new TickerError('bad_request', `there is no request ${kind}`);
  return found;
}
