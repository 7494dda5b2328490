// The HTTP routes of the service: requests with an answer, and what a status
// means.

import { aborted, TickerError } from './errors.js';
import { clean, parseMessage } from './protocol.js';
import { asHTTP } from './requests.js';

/** @typedef {import('./types.js').Surroundings} Surroundings */

// What is read of the body of a refusal.
const maxProblem = 4096;

/**
 * headers returns those of every request.
 * @param {string} token
 * @param {Record<string, string>} [more]
 */
export function headers(token, more = {}) {
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

/**
 * Deadline is an AbortSignal for one request: of a caller who may give up, and
 * of a time by which something has to come.
 */
export class Deadline {
  #controller = new AbortController();
  #clock;
  /** @type {any} */
  #timer = null;
  #caller;
  #onAbort = () => this.abort();
  /** Whether the time is what ended it. */
  passed = false;

  /**
   * @param {import('./types.js').Clock} clock
   * @param {AbortSignal} [caller]
   */
  constructor(clock, caller) {
    this.#clock = clock;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#onAbort, { once: true });
    if (caller?.aborted) this.abort();
  }

  get signal() {
    return this.#controller.signal;
  }

  /** @param {number} ms from now on */
  set(ms) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      this.passed = true;
      this.abort();
    }, ms);
  }

  abort() {
    this.#controller.abort();
    this.clear();
  }

  /** clear lets go of timer and caller. */
  clear() {
    this.#clock.clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }
}

/**
 * pause waits, unless it is aborted.
 * @param {number} ms
 * @param {import('./types.js').Clock} clock
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(ms, clock, signal) {
  return new Promise((resume) => {
    const timer = clock.setTimeout(resume, ms);
    const stop = () => {
      clock.clearTimeout(timer);
      resume();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * ask sends a request over HTTP and returns its answer.
 * @param {Surroundings} around
 * @param {import('./types.js').Request} request
 * @param {AbortSignal} [signal]
 */
export async function ask({ address, token, fetch, clock, timeoutMs }, request, signal) {
  const { method, route, query, body } = asHTTP(request);
  const deadline = new Deadline(clock, signal);
  deadline.set(timeoutMs);
  try {
    const response = await fetch(address.http(route, query), {
      method,
      headers: headers(token),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: deadline.signal,
    });
    if (!response.ok) throw await refusal(response);
    return parseMessage(await response.text());
  } catch (error) {
    throw explain(error, deadline, signal);
  } finally {
    deadline.clear();
  }
}

/**
 * @param {unknown} error
 * @param {Deadline} deadline
 * @param {AbortSignal} [signal]
 */
function explain(error, deadline, signal) {
  if (error instanceof TickerError) return error;
  if (signal?.aborted) return aborted(signal);
  if (deadline.passed) return new TickerError('timeout', 'the service did not answer in time');
  if (error instanceof SyntaxError) return new TickerError('bad_message', 'the answer is unreadable', { cause: error });
  return new TickerError('disconnected', 'the service cannot be reached', { cause: error });
}

/** What a status says where the body does not. */
const codes = new Map([
  [400, 'bad_request'], [401, 'unauthorized'], [403, 'forbidden'], [404, 'not_found'], [405, 'not_found'], [413, 'too_large'],
  [414, 'too_large'], [429, 'rate_limited'], [501, 'not_found'], [503, 'unavailable'], [504, 'timeout'],
]);

/**
 * refusal reads why a request was refused, from its problem document if it has
 * one.
 * @param {Response} response
 */
export async function refusal(response) {
  const usual = codes.get(response.status) ?? 'internal';
  const text = (await response.text().catch(() => '')).slice(0, maxProblem);
  try {
    const { code, detail, title } = parseMessage(text);
    return new TickerError(typeof code === 'string' ? clean(code, 64) : usual, clean(detail ?? title ?? response.status));
  } catch {
    return new TickerError(usual, `HTTP status ${response.status}`);
  }
}

/**
 * dateMicros reads the server's clock from a response, to the second; null if it
 * is not told.
 * @param {Response} response
 */
export function dateMicros(response) {
  const ms = Date.parse(response.headers.get('Date') ?? '');
  return Number.isFinite(ms) ? (ms + 500) * 1000 : null;
}

/**
 * retryAfterMs reads how long a response asks to wait, 0 if it does not.
 * @param {Response} response
 * @param {number} now
 */
export function retryAfterMs(response, now) {
  const text = response.headers.get('Retry-After') ?? '';
  const seconds = Number(text);
  if (text !== '' && seconds >= 0) return seconds * 1000;
  const at = Date.parse(text);
  return Number.isFinite(at) ? Math.max(0, at - now) : 0;
}

/**
 * judgeResponse is judgeStatus for a response that something on the way may have
 * made: the service forbids in a problem document, a proxy that blocks event
 * streams in a page of its own.
 * @param {Response} response
 */
export function judgeResponse(response) {
  const ours = response.headers.get('Content-Type')?.startsWith('application/problem+json');
  return response.status === 403 && !ours ? 'unsupported' : judgeStatus(response.status);
}

/**
 * judgeStatus tells what the status of a refused stream means for the client.
 * @param {number} status
 * @returns {import('./types.js').Ending['verdict']}
 */
export function judgeStatus(status) {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'final';
  return status === 404 || status === 405 || status === 501 ? 'unsupported' : 'lost';
}
