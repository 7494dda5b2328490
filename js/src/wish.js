// What somebody wishes to subscribe, checked before it goes anywhere: a mistake
// of the program is told where it was made.

import { TickerError } from './errors.js';
import { durationMs } from './protocol.js';
import { valueFields } from './quote.js';

/** @typedef {import('./types.js').SubscribeOptions} SubscribeOptions */

/**
 * namesOf reads one symbol or a list of them, each once.
 * @param {string | readonly string[]} symbols
 */
export function namesOf(symbols) {
  const list = typeof symbols === 'string' ? [symbols] : [...symbols];
  if (!list.every((name) => typeof name === 'string' && name !== '')) throw mistake('symbols must be texts');
  return [...new Set(list)];
}

/**
 * optionsOf checks the options of a subscription.
 * @param {SubscribeOptions} options
 * @returns {Readonly<SubscribeOptions>}
 */
export function optionsOf({ interval, fields, mode, envelope, hiddenInterval }) {
  if (interval !== undefined) duration('interval', interval);
  if (hiddenInterval !== undefined && hiddenInterval !== null) duration('hiddenInterval', hiddenInterval);
  if (mode !== undefined && mode !== 'full' && mode !== 'delta') throw mistake("mode must be 'full' or 'delta'");
  if (fields !== undefined && !areFields(fields)) throw mistake(`fields must be some of ${valueFields.join(', ')}`);
  return Object.freeze({ interval, fields: fields && Object.freeze([...fields]), mode, envelope, hiddenInterval });
}

/** @param {unknown} fields */
function areFields(fields) {
  return Array.isArray(fields) && fields.length > 0 && fields.every((field) => valueFields.includes(field));
}

/**
 * duration checks an option that is a duration, and returns it.
 * @param {string} name
 * @param {string} text
 */
export function duration(name, text) {
  if (durationMs(text) <= 0) throw mistake(`${name} must be a duration such as '250ms'`);
  return text;
}

/** @param {string} message */
function mistake(message) {
  return new TickerError('bad_request', message);
}
