// FakeTransport is a transport whose other side is the test.

/** @typedef {import('../../src/types.js').TransportListener} TransportListener */
/** @typedef {import('../../src/types.js').Surroundings} Surroundings */
/** @typedef {import('../../src/types.js').Plan} Plan */
/** @typedef {import('../../src/types.js').Transport} Transport */

/** @implements {Transport} */
export class FakeTransport {
  /** @type {Plan} */
  plan = new Map();
  /** @type {string[]} */
  tokens = [];
  /** @type {{request: import('../../src/types.js').Request, resolve: (answer: unknown) => void, reject: (error: unknown) => void}[]} */
  requests = [];
  closed = false;
  probes = 0;

  /**
   * @param {Surroundings} around
   * @param {TransportListener} listener
   */
  constructor(around, listener) {
    this.around = around;
    this.listener = listener;
  }

  open() {}

  /** @param {Plan} plan */
  want(plan) {
    this.plan = plan;
  }

  /** @param {import('../../src/types.js').Request} request */
  request(request) {
    return new Promise((resolve, reject) => this.requests.push({ request, resolve, reject }));
  }

  /** @param {string} token */
  authenticate(token) {
    this.tokens.push(token);
  }

  probe() {
    this.probes++;
  }

  close() {
    this.closed = true;
  }

  /**
   * welcome opens the session.
   * @param {string} [epoch]
   */
  welcome(epoch = 'e1') {
    const interval = { default: '100ms', min: '20ms', max: '60s' };
    this.listener.opened({ session: 's', epoch, heartbeatMs: 15_000, interval, limits: {} });
  }

  /** grant takes all that is wanted. */
  grant() {
    for (const [name, terms] of this.plan) {
      this.listener.granted({ plan: new Map([[name, terms]]), inForce: terms, pending: new Set(), rejected: new Map() });
    }
  }

  /**
   * end ends the connection.
   * @param {Partial<import('../../src/types.js').Ending>} [ending]
   */
  end(ending = {}) {
    this.listener.ended({ code: 1006, reason: 'gone', verdict: 'lost', ...ending });
  }
}

/**
 * fakeKind returns a kind of transport, and those that were made of it.
 * @param {string} [name]
 */
export function fakeKind(name = 'fake') {
  /** @type {FakeTransport[]} */
  const made = [];
  const kind = {
    name,
    /**
     * @param {Surroundings} around
     * @param {TransportListener} listener
     */
    create: (around, listener) => {
      const transport = new FakeTransport(around, listener);
      made.push(transport);
      return transport;
    },
  };
  return { kind, made, last: () => /** @type {FakeTransport} */ (made.at(-1)) };
}
