// The line from one page to the worker, for all that is not one connection.

/** @typedef {import('./port.js').Join} Join */
/** @typedef {import('./port.js').FromTab} FromTab */
/** @typedef {import('./port.js').ToTab} ToTab */
/** @typedef {import('./credentials.js').GetToken} GetToken */

// A worker that is there answers in a millisecond, one that has to be started in
// some ten.
const patienceMs = 1000;

export class TabLink {
  #port;
  #getToken;
  /** @type {Set<(said: boolean) => void>} Who waits for a hello. */
  #waiting = new Set();
  #lock = new TabLock();
  /** @type {Promise<boolean>} Whether the worker has said hello. */
  joined;

  /**
   * @param {MessagePort} port of the worker
   * @param {Omit<Join, 'lock'>} join
   * @param {GetToken | undefined} getToken
   */
  constructor(port, join, getToken) {
    this.#port = port;
    this.#getToken = getToken;
    port.onmessage = (event) => this.#take(event.data);
    this.joined = this.#hello();
    void this.#lock.held.then((lock) => this.#send({ type: 'join', join: { ...join, lock } }));
  }

  /**
   * open hands over the port of a connection, and tells whether the worker has
   * taken it.
   * @param {MessagePort} port
   * @param {string} token
   */
  open(port, token) {
    const hello = this.#hello();
    this.#port.postMessage({ type: 'open', port, token }, [port]);
    return hello;
  }

  close() {
    this.#send({ type: 'bye' });
    this.#port.close();
    this.#lock.release();
    this.#said(false);
  }

  /** @returns {Promise<boolean>} */
  #hello() {
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(false), patienceMs);
      const answer = (/** @type {boolean} */ said) => {
        clearTimeout(timer);
        this.#waiting.delete(answer);
        resolve(said);
      };
      this.#waiting.add(answer);
    });
  }

  /** @param {boolean} hello */
  #said(hello) {
    for (const answer of [...this.#waiting]) answer(hello);
  }

  /** @param {ToTab} message */
  #take(message) {
    switch (message.type) {
      case 'hello':
        this.#said(true);
        break;
      case 'token?':
        this.#send({ type: 'claim', id: message.id });
        break;
      case 'token!':
        void this.#answer(message.id, /** @type {Parameters<GetToken>[0]['reason']} */ (message.reason));
        break;
      case 'ping':
        this.#send({ type: 'pong' });
        break;
    }
  }

  /**
   * @param {number} id
   * @param {Parameters<GetToken>[0]['reason']} reason
   */
  async #answer(id, reason) {
    let token = '';
    try {
      token = String((await this.#getToken?.({ reason })) ?? '');
    } catch {
      // To have no token says the same.
    }
    this.#send({ type: 'token', id, token });
  }

  /** @param {FromTab} message */
  #send(message) {
    this.#port.postMessage(message);
  }
}

// TabLock is a Web Lock that this page holds until it is gone, however it goes.
class TabLock {
  #release = () => {};
  /** @type {Promise<string>} Its name, once it is held; '' where there are no locks. */
  held;

  constructor() {
    const locks = globalThis.navigator?.locks;
    this.held = locks ? this.#acquire(locks) : Promise.resolve('');
  }

  release() {
    this.#release();
  }

  /** @param {LockManager} locks */
  #acquire(locks) {
    const name = `ticker-sdk ${crypto.randomUUID()}`;
    /** @type {Promise<void>} */
    const released = new Promise((resolve) => (this.#release = resolve));
    return new Promise((resolve) => {
      const hold = () => {
        resolve(name);
        return released;
      };
      locks.request(name, hold).catch(() => resolve(''));
    });
  }
}
