// Queue keeps requests while there is no connection, and while as many as the
// service answers at once are under way.

import { aborted, TickerError } from './errors.js';

/** @typedef {import('./types.js').Request} Request */
/** @typedef {(request: Request, signal?: AbortSignal) => Promise<unknown>} Send */
/** @typedef {{request: Request, signal?: AbortSignal, resolve: (result: any) => void, reject: (error: unknown) => void, onAbort: () => void}} Waiting */

// The service takes this many questions about the past from one session.
const atOnce = 8;

export class Queue {
  #limit;
  /** @type {Waiting[]} */
  #waiting = [];
  #underway = 0;
  /** @type {Send | null} */
  #send = null;
  /** @type {TickerError | null} Why nothing is taken. */
  #closed = null;

  /** @param {number} limit how many may wait */
  constructor(limit) {
    this.#limit = limit;
  }

  /**
   * push sends a request as soon as it can be sent.
   * @param {Request} request
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  push(request, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted(signal));
      if (this.#closed) return reject(this.#closed);
      if (this.#waiting.length >= this.#limit) {
        return reject(new TickerError('queue_full', `${this.#limit} requests wait already`));
      }
      const onAbort = () => this.#abort(waiting);
      const waiting = { request, signal, resolve, reject, onAbort };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#run();
    });
  }

  /**
   * open lets requests out, from now until pause.
   * @param {Send} send
   */
  open(send) {
    this.#send = send;
    this.#underway = 0;
    this.#run();
  }

  pause() {
    this.#send = null;
  }

  /**
   * close rejects what waits and what comes, until reopen.
   * @param {TickerError} error
   */
  close(error) {
    this.#closed = error;
    for (const waiting of this.#waiting.splice(0)) {
      waiting.signal?.removeEventListener('abort', waiting.onAbort);
      waiting.reject(error);
    }
  }

  reopen() {
    this.#closed = null;
  }

  /** @param {Waiting} waiting */
  #abort(waiting) {
    const place = this.#waiting.indexOf(waiting);
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    waiting.reject(aborted(/** @type {AbortSignal} */ (waiting.signal)));
  }

  #run() {
    while (this.#send && this.#underway < atOnce) {
      const waiting = this.#waiting.shift();
      if (!waiting) return;
      this.#underway++;
      void this.#carryOut(waiting, this.#send);
    }
  }

  /**
   * @param {Waiting} waiting
   * @param {Send} send
   */
  async #carryOut({ request, signal, resolve, reject, onAbort }, send) {
    signal?.removeEventListener('abort', onAbort);
    try {
      resolve(await send(request, signal));
    } catch (error) {
      reject(error);
    }
    // What a former connection had under way is not counted on this one.
    if (send !== this.#send) return;
    this.#underway--;
    this.#run();
  }
}
