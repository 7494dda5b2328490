// Queries are what a client can ask once, with what is read of the answers.

import { TickerError } from './errors.js';
import { readQuote, show, showCandle } from './quote.js';
import { Queue } from './queue.js';
import { namesOf } from './wish.js';

/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').Candle} Candle */
/** @typedef {string | number | Date} Time RFC 3339, integer microseconds, or a Date */
/** @typedef {{signal?: AbortSignal}} Abortable */

/** @typedef {{produced: number, delivered: number, conflated: number, pending: number, frames: number, bytes: number, ageMicros: {p50: number, p99: number}}} Ledger */
/** @typedef {{accepted: number, rejected: {line: number, code: string, message: string}[]}} Published */

export class Queries {
  #queue;
  #decimals;
  #clock;
  /** @type {import('./types.js').Transport | null} */
  #transport = null;

  /**
   * @param {import('./settings.js').Settings} settings
   */
  constructor({ maxQueue, decimals, clock }) {
    this.#queue = new Queue(maxQueue);
    this.#decimals = decimals;
    this.#clock = clock;
  }

  /** @param {import('./types.js').Transport} transport */
  open(transport) {
    this.#transport = transport;
    this.#queue.open((request, signal) => transport.request(request, signal));
  }

  pause() {
    this.#transport = null;
    this.#queue.pause();
  }

  /** @param {TickerError} error what is asked from now on is rejected with */
  close(error) {
    this.#queue.close(error);
  }

  reopen() {
    this.#queue.reopen();
  }

  /** @param {{symbols: string | readonly string[], at?: Time} & Abortable} query */
  async snapshot({ symbols, at, signal }) {
    const params = { symbols: namesOf(symbols), at: timeOf(at) };
    return this.#quotes(await this.#ask('snapshot', params, signal));
  }

  /** @param {{symbol: string, from?: Time, to?: Time, limit?: number, page?: string} & Abortable} query */
  async history({ symbol, from, to, limit, page, signal }) {
    const params = { symbol, from: timeOf(from), to: timeOf(to), limit, page };
    const answer = await this.#ask('history', params, signal);
    return { quotes: this.#quotes(answer), next: nextOf(answer) };
  }

  /**
   * @param {{symbol: string, from?: Time, to?: Time, step?: string} & Abortable} query
   * @returns {Promise<Candle[]>}
   */
  async candles({ symbol, from, to, step, signal }) {
    const params = { symbol, from: timeOf(from), to: timeOf(to), step };
    const answer = await this.#ask('candles', params, signal);
    return listOf(answer, 'candles', (raw) => showCandle(raw, this.#decimals));
  }

  /** @param {{prefix?: string, limit?: number, page?: string} & Abortable} query */
  async symbols({ prefix, limit, page, signal }) {
    const answer = await this.#ask('symbols', { prefix, limit, page }, signal);
    return { symbols: listOf(answer, 'symbols', (raw) => (typeof raw === 'string' ? raw : null)), next: nextOf(answer) };
  }

  /**
   * @param {Abortable} query
   * @returns {Promise<Ledger>}
   */
  async ledger({ signal }) {
    return this.#ask('session', {}, signal);
  }

  /**
   * @param {readonly object[]} quotes
   * @param {Abortable} query
   * @returns {Promise<Published>}
   */
  async publish(quotes, { signal }) {
    return this.#ask('publish', { quotes }, signal);
  }

  /**
   * @param {{bandwidth: number} & Abortable} query
   * @returns {Promise<{bandwidth: number}>}
   */
  async configure({ bandwidth, signal }) {
    return this.#ask('configure', { bandwidth }, signal);
  }

  /**
   * ping returns the milliseconds that an answer takes. It does not wait for a
   * connection.
   * @param {Abortable} query
   */
  async ping({ signal }) {
    if (!this.#transport) throw new TickerError('disconnected', 'there is no connection');
    const sentAt = this.#clock.now();
    await this.#transport.request({ kind: 'ping', params: {} }, signal);
    return this.#clock.now() - sentAt;
  }

  /**
   * @param {string} kind
   * @param {Record<string, unknown>} params undefined ones are left out
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<any>}
   */
  async #ask(kind, params, signal) {
    const answer = await this.#queue.push({ kind, params }, signal);
    if (typeof answer !== 'object' || answer === null) throw unreadable();
    return answer;
  }

  /** @param {any} answer */
  #quotes(answer) {
    return listOf(answer, 'quotes', (raw) => {
      const quote = readQuote(raw);
      return quote && show(quote, undefined, this.#decimals);
    });
  }
}

/**
 * @template Item
 * @param {any} answer
 * @param {string} key
 * @param {(raw: unknown) => Item | null} read
 * @returns {Item[]}
 */
function listOf(answer, key, read) {
  if (!Array.isArray(answer[key])) throw unreadable();
  return answer[key].map((/** @type {unknown} */ raw) => {
    const item = read(raw);
    if (item === null) throw unreadable();
    return item;
  });
}

/**
 * @param {any} answer
 * @returns {string | undefined}
 */
function nextOf({ next }) {
  return typeof next === 'string' ? next : undefined;
}

/** @param {Time | undefined} time */
function timeOf(time) {
  return time instanceof Date ? time.toISOString() : time;
}

function unreadable() {
  return new TickerError('bad_message', 'the answer is unreadable');
}
