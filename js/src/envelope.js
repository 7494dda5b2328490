// The envelope of trades: what is read of one, and how two become one.

import { add, compare, isDecimal } from './decimal.js';

/** @typedef {import('./types.js').Envelope} Envelope */

/**
 * readEnvelope returns an envelope from outside, or null if it is none.
 * @param {any} raw
 * @returns {Envelope | null}
 */
export function readEnvelope(raw) {
  if (typeof raw !== 'object' || raw === null) return null;
  const { high, low, trades, volume } = raw;
  if (!Number.isSafeInteger(trades) || trades < 0 || !isDecimal(volume)) return null;
  if (trades === 0) return { trades, volume };
  return isDecimal(high) && isDecimal(low) ? { high, low, trades, volume } : null;
}

/**
 * mergeEnvelopes returns the envelope of all trades of two, exactly.
 * @param {Envelope | undefined} a
 * @param {Envelope | undefined} b
 * @returns {Envelope | undefined}
 */
export function mergeEnvelopes(a, b) {
  if (!a || !b) return a ?? b;
  const trades = a.trades + b.trades;
  const volume = add(a.volume, b.volume);
  const high = pick(a.high, b.high, 1);
  const low = pick(a.low, b.low, -1);
  return high === undefined ? { trades, volume } : { high, low, trades, volume };
}

/**
 * pick returns the higher of two decimals, or with -1 the lower.
 * @param {import('./types.js').Decimal | undefined} a
 * @param {import('./types.js').Decimal | undefined} b
 * @param {1 | -1} side
 */
function pick(a, b, side) {
  if (a === undefined || b === undefined) return a ?? b;
  return compare(a, b) * side >= 0 ? a : b;
}
