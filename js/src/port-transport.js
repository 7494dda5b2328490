// The transport of a tab that shares the connection of the worker.

import { Calls } from './calls.js';
import { TickerError } from './errors.js';

/** @typedef {import('./port.js').Call} Call */
/** @typedef {import('./port.js').FromPage} FromPage */
/** @typedef {import('./types.js').TransportListener} TransportListener */
/** @typedef {import('./types.js').Surroundings} Surroundings */
/** @typedef {import('./types.js').Transport} Transport */

// So often it is looked whether the worker is there, until it has a connection.
const patienceMs = 30_000;

/** @implements {Transport} */
export class PortTransport {
  #around;
  /** @type {TransportListener | null} null once it has ended */
  #listener;
  #reach;
  #calls;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {import('./types.js').Plan} */
  #plan = new Map();
  /** @type {any} */
  #wait = null;

  /**
   * @param {Surroundings} around
   * @param {TransportListener} listener
   * @param {(port: MessagePort) => Promise<boolean>} reach hands a port to the
   *   worker, and tells whether that has said hello
   */
  constructor(around, listener, reach) {
    this.#around = around;
    this.#listener = listener;
    this.#reach = reach;
    this.#calls = new Calls(around.clock, around.timeoutMs);
  }

  open() {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => this.#take(data.calls);
    this.#port = port1;
    this.want(this.#plan);
    this.#wait = this.#around.clock.setTimeout(() => this.#again(), patienceMs);
    void this.#reach(port2).then((reached) => {
      if (!reached && port1 === this.#port) this.#end({ code: 0, reason: 'there is no shared worker', verdict: 'unsupported' });
    });
  }

  // The worker may take as long as the service is away; only whether it is still
  // there itself has to be looked after.
  #again() {
    this.#send({ type: 'close' });
    this.#port?.close();
    this.open();
  }

  /** @param {import('./types.js').Plan} plan */
  want(plan) {
    this.#plan = plan;
    this.#send({ type: 'want', plan });
  }

  /**
   * @param {import('./types.js').Request} request
   * @param {AbortSignal} [signal]
   */
  async request(request, signal) {
    let id = '';
    try {
      return await this.#calls.make((made) => {
        id = made;
        this.#send({ type: 'request', id, request });
      }, signal);
    } catch (error) {
      if (signal?.aborted) this.#send({ type: 'abort', id });
      throw error;
    }
  }

  /** @param {string} token */
  authenticate(token) {
    this.#send({ type: 'authenticate', token });
  }

  // The worker watches over the connection, and passes on what the clock shows.
  probe() {}

  close() {
    if (!this.#listener) return;
    this.#send({ type: 'close' });
    this.#leave();
  }

  /** @param {FromPage} message */
  #send(message) {
    this.#port?.postMessage(message);
  }

  // #take makes the worker's calls, and lets it send more only after that: how
  // long this page takes is what paces the worker.
  /** @param {readonly Call[]} calls */
  #take(calls) {
    for (const call of calls) this.#make(call);
    this.#send({ type: 'ack' });
  }

  /** @param {Call} call */
  #make(call) {
    const listener = this.#listener;
    if (!listener) return;
    switch (call[0]) {
      case 'answered':
        this.#calls.answer(call[1], call[2]);
        break;
      case 'failed':
        this.#calls.fail(call[1], new TickerError(call[2], call[3]));
        break;
      case 'ended':
        this.#end(call[1]);
        break;
      case 'opened':
        this.#around.clock.clearTimeout(this.#wait);
        listener.opened(call[1]);
        break;
      default:
        /** @type {(...args: unknown[]) => void} */ (listener[call[0]])(...call.slice(1));
    }
  }

  /** @param {import('./types.js').Ending} ending */
  #end(ending) {
    const listener = this.#listener;
    this.#leave();
    listener?.ended(ending);
  }

  #leave() {
    this.#listener = null;
    this.#around.clock.clearTimeout(this.#wait);
    this.#port?.close();
    this.#port = null;
    this.#calls.failAll(new TickerError('disconnected', 'the connection ended before the answer came'));
  }
}
