// probe asks over plain HTTP what an attempt that failed does not tell: whether
// the service is there at all. A browser says of a WebSocket only that it failed.

import { Deadline, headers, judgeStatus, retryAfterMs } from './http.js';
import { parseMessage } from './protocol.js';

/** @typedef {'up' | 'down' | 'elsewhere' | 'unauthorized' | 'forbidden'} Finding */

/**
 * probe tells what is at the address: the service, nothing that answers, or
 * something else.
 * @param {import('./types.js').Surroundings} around
 * @returns {Promise<{finding: Finding, retryAfterMs: number}>}
 */
export async function probe({ address, token, fetch, clock, timeoutMs }) {
  const deadline = new Deadline(clock);
  deadline.set(timeoutMs);
  try {
    const init = { headers: headers(token), signal: deadline.signal };
    const response = await fetch(address.http('v1/symbols', { limit: 1 }), init);
    const text = await response.text();
    return { finding: judge(response.status, text), retryAfterMs: retryAfterMs(response, clock.now()) };
  } catch {
    return { finding: 'down', retryAfterMs: 0 };
  } finally {
    deadline.clear();
  }
}

/**
 * @param {number} status
 * @param {string} text
 * @returns {Finding}
 */
function judge(status, text) {
  switch (judgeStatus(status)) {
    case 'unauthorized':
      return 'unauthorized';
    case 'final':
      return 'forbidden';
    case 'unsupported':
      return 'elsewhere';
  }
  if (status >= 400) return 'down';
  try {
    return Array.isArray(parseMessage(text)['symbols']) ? 'up' : 'elsewhere';
  } catch {
    return 'elsewhere';
  }
}
