// Events of the protocol, which are the same over WebSocket and Server-Sent
// Events, and what is read of the answer to a subscribe.

import { clean, durationMs } from './protocol.js';
import { readQuote } from './quote.js';

/** @typedef {Pick<import('./types.js').TransportListener, 'quotes' | 'widened' | 'clock' | 'expiring' | 'notice' | 'garbage'>} EventListener */

/**
 * tellEvent tells a listener of an event. It returns what the transport has to
 * know: the cursor that came with it, and a wait before it comes back.
 * @param {Record<string, any>} message
 * @param {EventListener} listener
 * @returns {{cursor?: string, reconnectAfterMs?: number}}
 */
export function tellEvent(message, listener) {
  switch (message['channel'] === 'quotes' ? 'quotes' : message['event']) {
    case 'quotes':
      listener.widened(Number.isSafeInteger(message['widened']) ? message['widened'] : 1);
      tellQuotes(message['quotes'], listener);
      break;
    case 'heartbeat':
      if (Number.isSafeInteger(message['ts'])) listener.clock(message['ts']);
      break;
    case 'expiring':
      listener.expiring();
      break;
    case 'draining':
      listener.notice('draining', 'the server is about to restart');
      return { reconnectAfterMs: durationMs(message['reconnectAfter']) };
    default:
      return {};
  }
  const cursor = message['cursor'];
  return typeof cursor === 'string' ? { cursor } : {};
}

/**
 * tellQuotes tells of the records of a frame that can be read.
 * @param {unknown} raw
 * @param {EventListener} listener
 */
export function tellQuotes(raw, listener) {
  const list = Array.isArray(raw) ? raw : [];
  const quotes = list.map(readQuote).filter((quote) => quote !== null);
  if (quotes.length > 0) listener.quotes(quotes);
  if (!Array.isArray(raw) || quotes.length < list.length) listener.garbage('unreadable quote');
}

/**
 * readPending reads the names that have no record so far.
 * @param {any} result
 * @returns {ReadonlySet<string>}
 */
export function readPending(result) {
  return new Set(Array.isArray(result?.pending) ? result.pending : []);
}

/**
 * readRejected reads the names that were not taken, each with its code.
 * @param {any} result
 * @returns {ReadonlyMap<string, string>}
 */
export function readRejected(result) {
  const list = Array.isArray(result?.rejected) ? result.rejected : [];
  return new Map(list.map((/** @type {any} */ entry) => [String(entry?.symbol), clean(entry?.code, 64)]));
}
