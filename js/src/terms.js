// The terms on which the service is asked for records.

import { formatDuration } from './protocol.js';

/** @typedef {import('./types.js').Terms} Terms */

/**
 * makeTerms adds the key, which is equal for equal terms.
 * @param {Omit<Terms, 'key'>} terms
 * @returns {Terms}
 */
export function makeTerms({ intervalMs, fields, mode, envelope }) {
  const sorted = fields && [...new Set(fields)].sort();
  return { intervalMs, fields: sorted, mode, envelope, key: JSON.stringify([intervalMs, sorted, mode, envelope]) };
}

/**
 * union returns the terms that give all that each of some gives. Deltas are
 * merged by the client, so that they suit who asked for full records.
 * @param {readonly Terms[]} all at least one
 */
export function union(all) {
  return makeTerms({
    intervalMs: Math.min(...all.map(({ intervalMs }) => intervalMs)),
    fields: all.every(({ fields }) => fields) ? all.flatMap(({ fields }) => fields ?? []) : null,
    mode: all.some(({ mode }) => mode === 'delta') ? 'delta' : 'full',
    envelope: all.some(({ envelope }) => envelope),
  });
}

/**
 * termsBody writes terms as the parameters of a subscribe, without those that
 * are as usual.
 * @param {Terms} terms
 */
export function termsBody({ intervalMs, fields, mode, envelope }) {
  return {
    interval: formatDuration(intervalMs),
    ...(fields && { fields }),
    ...(mode === 'delta' && { mode }),
    ...(envelope && { envelope }),
  };
}
