// The welcome of a session, as far as it can be trusted.

import { clean, durationMs, formatDuration } from './protocol.js';

const usualHeartbeatMs = 15_000;
// Another heartbeat than these bounds allow is a mistake.
const leastHeartbeatMs = 500;
const longestHeartbeatMs = 300_000;

/**
 * readWelcome takes what a client needs of a welcome; what is missing or makes
 * no sense is as usual.
 * @param {Record<string, any>} message
 * @returns {import('./types.js').Welcome}
 */
export function readWelcome({ session, epoch, heartbeat, interval, limits }) {
  const heartbeatMs = durationMs(heartbeat) || usualHeartbeatMs;
  return {
    session: clean(session, 64),
    epoch: clean(epoch, 64),
    heartbeatMs: Math.min(Math.max(heartbeatMs, leastHeartbeatMs), longestHeartbeatMs),
    interval: {
      default: usable(interval?.default, '100ms'),
      min: usable(interval?.min, '20ms'),
      max: usable(interval?.max, '60s'),
    },
    limits: readLimits(limits),
  };
}

/**
 * @param {unknown} text
 * @param {string} usual
 */
function usable(text, usual) {
  const ms = durationMs(text);
  return ms > 0 ? formatDuration(ms) : usual;
}

/**
 * @param {unknown} raw
 * @returns {Record<string, number>}
 */
function readLimits(raw) {
  const limits = typeof raw === 'object' && raw !== null ? Object.entries(raw) : [];
  return Object.fromEntries(limits.filter(([, value]) => Number.isSafeInteger(value) && value > 0).slice(0, 32));
}
