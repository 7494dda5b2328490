// One quote: what is read of it, how a change is merged into it, and how it is
// shown. Inside of the client its decimals are text; a quote has no envelope,
// which is about a span of time and travels beside it.

import { isDecimal } from './decimal.js';
import { readEnvelope } from './envelope.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Envelope} Envelope */
/** @typedef {'string' | 'number'} Decimals */

export const valueFields = Object.freeze(/** @type {const} */ ([
  'bid', 'bidSize', 'ask', 'askSize', 'last', 'lastSize', 'open', 'high', 'low', 'volume',
]));
const times = /** @type {const} */ (['ts', 'recv']);
const texts = /** @type {const} */ (['source', 'status', 'reason']);
// A text longer than this is none that the service sends.
const maxText = 256;

/**
 * readQuote takes the known fields of a record from outside, so that nothing
 * else of it, such as a key named __proto__, gets any further. It returns null
 * if the record is none or one of its fields is not what it should be.
 * @param {any} raw
 * @returns {Quote | null}
 */
export function readQuote(raw) {
  if (typeof raw !== 'object' || raw === null) return null;
  if (!isText(raw.symbol) || raw.symbol === '' || !Number.isSafeInteger(raw.seq)) return null;
  /** @type {Quote} */
  const quote = { symbol: raw.symbol, seq: raw.seq };
  const read = copy(valueFields, raw, quote, isDecimal)
    && copy(times, raw, quote, Number.isSafeInteger)
    && copy(texts, raw, quote, isText);
  if (!read) return null;
  if (raw.envelope === undefined) return quote;
  const envelope = readEnvelope(raw.envelope);
  return envelope && { ...quote, envelope };
}

/**
 * copy takes over those of the fields that are there, and reports whether all
 * of them are valid.
 * @param {readonly (keyof Quote)[]} fields
 * @param {any} from
 * @param {any} to
 * @param {(value: unknown) => boolean} valid
 */
function copy(fields, from, to, valid) {
  for (const field of fields) {
    const value = from[field];
    if (value === undefined) continue;
    if (!valid(value)) return false;
    to[field] = value;
  }
  return true;
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === 'string' && value.length <= maxText;
}

/**
 * mergeQuote returns the full record after a change that holds only what is new.
 * Of what was held only the fields that are still asked for are kept: nobody
 * would keep the others up to date.
 * @param {Quote} held
 * @param {Quote} change
 * @param {readonly string[] | null} fields
 * @returns {Quote}
 */
export function mergeQuote(held, change, fields) {
  /** @type {any} */
  const quote = { ...held, ...change };
  // A status that is told ends the reason of the one before.
  if (change.status !== undefined && change.reason === undefined) delete quote.reason;
  if (fields) {
    for (const field of valueFields) if (!fields.includes(field) && !(field in change)) delete quote[field];
  }
  return quote;
}

/** @param {Quote | undefined} quote */
function statusOf(quote) {
  return quote?.status ?? 'live';
}

/**
 * statusChange tells what a record says of its symbol's status that the one
 * before did not say.
 * @param {Quote} quote
 * @param {Quote | undefined} previous
 */
export function statusChange(quote, previous) {
  const status = statusOf(quote);
  return status === statusOf(previous) && quote.reason === previous?.reason ? null : status;
}

/**
 * differs reports whether two records differ in one of the value fields, or in
 * their status.
 * @param {Quote} a
 * @param {Quote} b
 * @param {readonly string[] | null} fields
 */
export function differs(a, b, fields) {
  if (statusOf(a) !== statusOf(b) || a.reason !== b.reason) return true;
  return /** @type {readonly (keyof Quote)[]} */ (fields ?? valueFields).some((field) => a[field] !== b[field]);
}

/**
 * show returns a quote as callbacks get it, with its envelope if there is one.
 * @param {Quote} quote
 * @param {Envelope | undefined} envelope
 * @param {Decimals} decimals
 * @returns {Quote}
 */
export function show(quote, envelope, decimals) {
  if (decimals === 'string' && !envelope) return quote;
  /** @type {Quote} */
  const shown = { ...quote };
  if (decimals === 'number') numbers(shown, valueFields);
  if (envelope) shown.envelope = showEnvelope(envelope, decimals);
  return Object.freeze(shown);
}

/**
 * @param {Envelope} envelope
 * @param {Decimals} decimals
 */
function showEnvelope(envelope, decimals) {
  const shown = { ...envelope };
  if (decimals === 'number') numbers(shown, ['high', 'low', 'volume']);
  return Object.freeze(shown);
}

const candleFields = ['open', 'high', 'low', 'close', 'volume'];

/**
 * showCandle returns a candle as callers get it, or null if it is none.
 * @param {any} raw
 * @param {Decimals} decimals
 * @returns {import('./types.js').Candle | null}
 */
export function showCandle(raw, decimals) {
  if (typeof raw !== 'object' || raw === null || !Number.isSafeInteger(raw.ts)) return null;
  if (!Number.isSafeInteger(raw.trades) || !candleFields.every((field) => isDecimal(raw[field]))) return null;
  const { ts, open, high, low, close, volume, trades } = raw;
  const candle = { ts, open, high, low, close, volume, trades };
  if (decimals === 'number') numbers(candle, candleFields);
  return candle;
}

/**
 * @param {any} record
 * @param {readonly string[]} fields
 */
function numbers(record, fields) {
  for (const field of fields) if (record[field] !== undefined) record[field] = Number(record[field]);
}
