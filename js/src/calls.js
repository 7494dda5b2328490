// Calls are the requests of one connection that wait for their answer, each
// with a time by which it has to come.

import { aborted, TickerError } from './errors.js';

export class Calls {
  #clock;
  #timeoutMs;
  #last = 0;
  /** @type {Map<string, {settle: (result: unknown, error?: TickerError) => void}>} */
  #waiting = new Map();

  /**
   * @param {import('./types.js').Clock} clock
   * @param {number} timeoutMs
   */
  constructor(clock, timeoutMs) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * make begins a call; send is given the id to send it with.
   * @param {(id: string) => void} send
   * @param {AbortSignal} [signal]
   * @param {(result: any) => void} [noted] is told the answer before anything else
   *   that was received after it is looked at, which a promise is not
   * @returns {Promise<any>}
   */
  make(send, signal, noted) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted(signal));
      const id = String(++this.#last);
      const onAbort = () => this.fail(id, aborted(/** @type {AbortSignal} */ (signal)));
      const late = () => this.fail(id, new TickerError('timeout', 'the service did not answer in time'));
      const timer = this.#clock.setTimeout(late, this.#timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(id, {
        settle: (result, error) => {
          this.#waiting.delete(id);
          this.#clock.clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          if (error) return reject(error);
          noted?.(result);
          resolve(result);
        },
      });
      try {
        send(id);
      } catch (cause) {
        this.fail(id, new TickerError('bad_request', 'the request cannot be written', { cause }));
      }
    });
  }

  /**
   * @param {string} id
   * @param {unknown} result
   */
  answer(id, result) {
    this.#waiting.get(id)?.settle(result);
  }

  /**
   * fail reports whether a call had this id.
   * @param {string} id
   * @param {TickerError} error
   */
  fail(id, error) {
    const call = this.#waiting.get(id);
    call?.settle(undefined, error);
    return call !== undefined;
  }

  /** @param {TickerError} error */
  failAll(error) {
    for (const call of [...this.#waiting.values()]) call.settle(undefined, error);
  }
}
