// The protocol ticker.v1.json as a client sees it: how a message is read, what
// a close code means, how a duration is written, and which names there are.

export const subprotocol = 'ticker.v1.json';

const decimals = /"(bid|bidSize|ask|askSize|last|lastSize|open|high|low|close|volume)":\s*(-?\d[\d.eE+-]*)/g;

/**
 * parseMessage reads one JSON object. Decimals come back as the text they were
 * written in: they are put in quotes before JSON.parse can round them. Inside a
 * string a quotation mark always has a backslash before it, so what looks like
 * a key is one.
 * @param {unknown} text
 * @returns {Record<string, any>}
 */
export function parseMessage(text) {
  if (typeof text !== 'string') throw new SyntaxError('message is not text');
  const message = JSON.parse(text.replace(decimals, '"$1":"$2"'));
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new SyntaxError('message is not an object');
  }
  return message;
}

const closeReasons = new Map([
  [1000, 'closed'],
  [1001, 'the server is going away'],
  [1002, 'protocol error'],
  [1003, 'data type not supported'],
  [1005, 'closed without a code'],
  [1006, 'the connection failed'],
  [1007, 'invalid data'],
  [1008, 'against the server’s policy'],
  [1009, 'message too large'],
  [1011, 'internal server error'],
  [1013, 'the server is overloaded'],
  [4001, 'the token has expired'],
  [4008, 'the connection stalled'],
  [4101, 'unauthorised'],
  [4103, 'forbidden'],
]);

// After one of these, the same attempt would only fail the same way.
const finalCodes = new Set([1002, 1003, 1007, 1008, 1009, 4103]);

/**
 * judgeClose tells what a close code means for the client.
 * @param {number} code
 * @returns {import('./types.js').Ending['verdict']}
 */
export function judgeClose(code) {
  if (code === 4001) return 'expired';
  if (code === 4101) return 'unauthorized';
  return finalCodes.has(code) ? 'final' : 'lost';
}

/**
 * explainClose says why a connection ended, with what the server added.
 * @param {number} code
 * @param {unknown} reason
 */
export function explainClose(code, reason) {
  const known = closeReasons.get(code) ?? 'the connection was closed';
  return `${known} (${code})${reason ? `: ${clean(reason)}` : ''}`;
}

/** @type {Record<string, number>} */
const unitMs = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 1e-3, us: 1e-3, ns: 1e-6 };
const durationForm = /^(?:\d{1,9}(?:\.\d{1,9})?(?:h|ms|µs|us|ns|m|s)){1,6}$/;

/**
 * durationMs reads a duration such as '1.7s' or '1m30s', in milliseconds; 0 if
 * it is none.
 * @param {unknown} text
 */
export function durationMs(text) {
  if (typeof text !== 'string' || !durationForm.test(text)) return 0;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([a-zµ]+)/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0);
  }
  return total;
}

/**
 * formatDuration writes milliseconds as the protocol writes them.
 * @param {number} ms
 */
export function formatDuration(ms) {
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`;
}

/** @param {string} name */
export function isPattern(name) {
  return name.endsWith('*');
}

/**
 * covers reports whether a name or pattern stands for another one too.
 * @param {string} name
 * @param {string} other
 */
export function covers(name, other) {
  return name === other || (isPattern(name) && other.startsWith(name.slice(0, -1)));
}

const nameForm = /^(?:[A-Z0-9._:/-]{1,32}|[A-Z0-9._:/-]{0,31}\*)$/;

/**
 * isName reports whether the service would take a text as symbol or pattern.
 * @param {string} text
 */
export function isName(text) {
  return nameForm.test(text);
}

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * clean makes text from outside fit to show: bounded, and without control
 * characters or marks that turn the direction of writing.
 * @param {unknown} text
 */
export function clean(text, limit = 200) {
  return String(text ?? '').slice(0, limit).replace(unprintable, '\uFFFD');
}
