// One tab, as the worker sees it.

/** @typedef {import('./port.js').FromTab} FromTab */
/** @typedef {import('./port.js').ToTab} ToTab */
/** @typedef {import('./port.js').Join} Join */

/**
 * @typedef {object} TabListener
 * @property {(join: Join) => void} joined
 * @property {(port: MessagePort, token: string) => void} opened a connection
 * @property {(id: number) => void} claimed
 * @property {(id: number, token: string) => void} answered
 * @property {() => void} gone the last call
 */

// Without Web Locks a tab that answers no ping for so long is taken for dead.
const pingMs = 15_000;
const deadAfterPings = 4;

export class Tab {
  #port;
  #listener;
  #gone = false;
  #unanswered = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #pings;
  #waiting = new AbortController();

  /**
   * @param {MessagePort} port the control port
   * @param {TabListener} listener
   */
  constructor(port, listener) {
    this.#port = port;
    this.#listener = listener;
    port.onmessage = (event) => this.#take(event.data);
    // Only some browsers tell of this.
    port.addEventListener('close', () => this.close());
  }

  /** @param {ToTab} message */
  tell(message) {
    this.#port.postMessage(message);
  }

  close() {
    if (this.#gone) return;
    this.#gone = true;
    clearInterval(this.#pings);
    this.#waiting.abort();
    this.#port.close();
    this.#listener.gone();
  }

  /** @param {FromTab} message */
  #take(message) {
    if (this.#gone) return;
    this.#unanswered = 0;
    switch (message.type) {
      case 'join':
        this.#watch(message.join.lock);
        this.#listener.joined(message.join);
        this.tell({ type: 'hello' });
        break;
      case 'open':
        this.#listener.opened(message.port, message.token);
        this.tell({ type: 'hello' });
        break;
      case 'claim':
        this.#listener.claimed(message.id);
        break;
      case 'token':
        this.#listener.answered(message.id, message.token);
        break;
      case 'bye':
        this.close();
        break;
    }
  }

  // The lock is ours when the tab that holds it is gone, however it went.
  /** @param {string} lock */
  #watch(lock) {
    const locks = globalThis.navigator?.locks;
    if (lock && locks) {
      locks.request(lock, { signal: this.#waiting.signal }, () => this.close()).catch(() => {});
    } else {
      this.#pings = setInterval(() => this.#ping(), pingMs);
    }
  }

  #ping() {
    if (this.#unanswered++ >= deadAfterPings) this.close();
    else this.tell({ type: 'ping' });
  }
}
