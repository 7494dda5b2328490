// Connection keeps one session with the service: it connects, over the transport
// that works, with the token that is good, watches that the service still
// speaks, and comes back after a failure.

import { Backoff } from './backoff.js';
import { Credentials } from './credentials.js';
import { TickerError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { probe } from './probe.js';

/** @typedef {import('./types.js').Ending} Ending */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {import('./types.js').TransportListener} TransportListener */
/** @typedef {'connecting' | 'connected' | 'late' | 'disconnected' | 'closed'} StateName */

/**
 * @typedef {object} State
 * @property {StateName} state
 * @property {string} transport its name, '' if there is none
 * @property {number} [attempt] from 1, while connecting
 * @property {number} [code] of what ended the connection, 0 if there is none
 * @property {string} [reason]
 * @property {number | null} [retryAt] milliseconds since the Unix epoch
 * @property {boolean} [willReconnect]
 * @property {TickerError} [error] why the client gave up
 */

/**
 * What a connection tells, besides what its transport does.
 * @typedef {Pick<TransportListener, 'quotes' | 'clock' | 'granted' | 'refused' | 'resumed' | 'notice'> & {
 *   plan: () => import('./types.js').Plan,
 *   state: (state: State) => void,
 *   opened: (welcome: Welcome, transport: string) => void,
 *   lost: () => void,
 *   error: (error: TickerError) => void,
 * }} ConnectionListener
 */

// A session that lived this long was a good one: the next retry is quick again.
const goodSessionMs = 5000;
// How much that is unreadable a session may send.
const maxGarbage = 8;
// How long it is looked whether the service is there at all.
const probeMs = 5000;

export class Connection {
  #settings;
  #listener;
  #fallback;
  #backoff;
  #credentials;
  #heartbeat;
  /** @type {State} */
  #state = { state: 'closed', transport: '' };
  /** @type {import('./types.js').Transport | null} */
  #transport = null;
  // Counts attempts: what a former one still tells is not listened to.
  #turn = 0;
  #widened = 1;
  #openedAt = 0;
  #everOpened = false;
  #garbage = 0;
  /** @type {any} */
  #retry = null;

  /**
   * @param {import('./settings.js').Settings} settings
   * @param {ConnectionListener} listener
   */
  constructor(settings, listener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#fallback = settings.fallback;
    this.#backoff = new Backoff(settings.minReconnectDelay, settings.maxReconnectDelay, settings.random);
    this.#credentials = new Credentials(settings.token, settings.getToken);
    this.#heartbeat = new Heartbeat(settings.clock, {
      late: (late) => this.#enter({ state: late ? 'late' : 'connected', transport: this.#state.transport }),
      lost: (silenceMs) => this.#ended({ code: 0, reason: `nothing received for ${Math.round(silenceMs / 1000)} s`, verdict: 'lost' }),
      due: () => this.#transport?.probe(),
    });
  }

  get state() {
    return this.#state;
  }

  /** The open transport, null while there is none. */
  get transport() {
    return this.#openedAt > 0 ? this.#transport : null;
  }

  /** connect begins, or does not wait for the next retry. */
  connect() {
    const { state } = this.#state;
    if (state === 'closed' || state === 'disconnected') void this.#attempt();
  }

  disconnect() {
    if (this.#state.state === 'closed') return;
    this.#leave();
    this.#enter({ state: 'closed', transport: '', code: 0, reason: 'disconnected by the client', retryAt: null, willReconnect: false });
  }

  /** check looks whether the service still speaks, and does not wait for a retry. */
  check() {
    this.#heartbeat.check();
    if (this.#state.state === 'disconnected') void this.#attempt();
  }

  /** @param {string} token */
  setToken(token) {
    this.#credentials.set(token);
    this.transport?.authenticate(token);
  }

  async #attempt() {
    const turn = this.#leave();
    this.#garbage = 0;
    const { name, create } = this.#fallback.next();
    this.#enter({ state: 'connecting', transport: name, attempt: this.#backoff.attempt + 1 });
    try {
      const token = await this.#credentials.token();
      if (turn !== this.#turn) return;
      this.#transport = create({ ...this.#settings.surroundings, token }, this.#following(turn, name));
      this.#transport.want(this.#listener.plan());
      this.#transport.open();
    } catch (error) {
      if (turn === this.#turn) this.#giveUp(asTickerError(error));
    }
  }

  /**
   * following listens to the transport of one attempt, as long as it is the
   * present one.
   * @param {number} turn
   * @param {string} name
   * @returns {TransportListener}
   */
  #following(turn, name) {
    const { quotes, clock, granted, refused, resumed, notice } = this.#listener;
    /**
     * @template {unknown[]} Args
     * @param {(...args: Args) => void} tell
     */
    const present = (tell) => (/** @type {Args} */ ...args) => {
      if (turn === this.#turn) tell(...args);
    };
    return {
      quotes: present(quotes),
      widened: present((factor) => this.#pace(factor)),
      clock: present(clock),
      granted: present(granted),
      refused: present(refused),
      resumed: present(resumed),
      notice: present(notice),
      heard: present(() => this.#heartbeat.heard()),
      opened: present((welcome) => this.#opened(welcome, name)),
      expiring: present(() => void this.#renew(turn)),
      garbage: present((why) => this.#refuse(why)),
      ended: present((ending) => void this.#ended(ending)),
    };
  }

  /**
   * pace tells, once, that the server sends less often than was asked for, or does no
   * longer.
   * @param {number} factor
   */
  #pace(factor) {
    if (factor === this.#widened) return;
    this.#widened = factor;
    this.#listener.notice(
      'overloaded',
      factor > 1
        ? `the server is overloaded: quotes come ${factor} times less often`
        : 'the server is no longer overloaded',
    );
  }

  /**
   * @param {Welcome} welcome
   * @param {string} name
   */
  #opened(welcome, name) {
    this.#widened = 1;
    this.#openedAt = this.#settings.clock.now();
    this.#everOpened = true;
    this.#credentials.accepted();
    this.#fallback.worked();
    // What such a session is sent cannot be told from what is of another epoch.
    if (!welcome.epoch) this.#settings.surroundings.bookmarks.clear();
    this.#listener.opened(welcome, name);
    this.#enter({ state: 'connected', transport: name });
    this.#heartbeat.start(welcome.heartbeatMs);
  }

  /**
   * renew replaces a token that is about to expire. If there is no new one, the
   * old one is good until the service says that it is not.
   * @param {number} turn
   */
  async #renew(turn) {
    if (!this.#credentials.renewable) return;
    try {
      const token = await this.#credentials.renew('expiring');
      if (turn === this.#turn) this.transport?.authenticate(token);
    } catch (error) {
      if (turn === this.#turn) this.#listener.notice('expiring', asTickerError(error).message);
    }
  }

  /** @param {string} why */
  #refuse(why) {
    this.#listener.error(new TickerError('bad_message', why));
    if (++this.#garbage > maxGarbage) void this.#ended({ code: 0, reason: 'too much that is unreadable', verdict: 'lost' });
  }

  /** @param {Ending} ending */
  async #ended(ending) {
    const opened = this.#openedAt > 0;
    if (opened && this.#settings.clock.now() - this.#openedAt >= goodSessionMs) this.#backoff.reset();
    const turn = this.#leave();
    if (this.#isFinal(ending)) return this.#giveUp(asError(ending));
    if (ending.verdict === 'expired') this.#credentials.expired();
    if (ending.verdict === 'unsupported') this.#fallback.failed(true);
    const asked = opened || !isObscure(ending) ? 0 : await this.#look(turn, ending.verdict);
    if (asked === null || turn !== this.#turn) return;
    const wait = this.#backoff.next(Math.max(asked, ending.retryAfterMs ?? 0));
    this.#retry = this.#settings.clock.setTimeout(() => void this.#attempt(), wait);
    const retryAt = this.#settings.clock.now() + wait;
    const { code, reason } = ending;
    this.#enter({ state: 'disconnected', transport: '', code, reason, retryAt, willReconnect: true });
  }

  /** @param {Ending} ending */
  #isFinal({ verdict }) {
    return verdict === 'final' || (verdict === 'unauthorized' && !this.#credentials.refused());
  }

  /**
   * look finds out why an attempt did not come through. It returns the wait that
   * the service asks for, or null if it gave up.
   * @param {number} turn
   * @param {Ending['verdict']} verdict
   */
  async #look(turn, verdict) {
    const { surroundings } = this.#settings;
    const token = await this.#credentials.token().catch(() => '');
    const timeoutMs = Math.min(surroundings.timeoutMs, probeMs);
    const { finding, retryAfterMs } = await probe({ ...surroundings, token, timeoutMs });
    if (turn !== this.#turn) return null;
    const error = this.#errorOf(finding);
    if (error) {
      this.#giveUp(error);
      return null;
    }
    if (finding === 'up' && verdict === 'lost') this.#fallback.failed();
    return retryAfterMs;
  }

  /** @param {import('./probe.js').Finding} finding */
  #errorOf(finding) {
    if (finding === 'forbidden') return new TickerError('forbidden', 'the service refuses this client');
    if (finding === 'unauthorized' && !this.#credentials.refused()) {
      return new TickerError('unauthorized', 'the service does not accept the token');
    }
    // Behind a proxy something else may answer while the service restarts.
    if (finding === 'elsewhere' && !this.#everOpened) {
      return new TickerError('not_found', `there is no ticker service at ${this.#settings.surroundings.address}`);
    }
    return null;
  }

  /** @param {TickerError} cause */
  #giveUp({ code, message, cause, closeCode }) {
    this.#leave();
    const error = new TickerError(code, message, { cause, closeCode, fatal: true });
    const ending = { code: closeCode ?? 0, reason: message, retryAt: null, willReconnect: false };
    this.#enter({ state: 'closed', transport: '', ...ending, error });
    this.#listener.error(error);
  }

  // #leave ends the present attempt and returns the number of the next.
  #leave() {
    const turn = ++this.#turn;
    this.#settings.clock.clearTimeout(this.#retry);
    this.#heartbeat.stop();
    this.#transport?.close();
    this.#transport = null;
    if (this.#openedAt > 0) this.#listener.lost();
    this.#openedAt = 0;
    return turn;
  }

  /** @param {State} state */
  #enter(state) {
    this.#state = state;
    this.#listener.state(state);
  }
}

/**
 * isObscure reports whether an attempt that did not come through leaves open what
 * is at the address. A transport that ended without any answer and says that it
 * is not supported has not even looked.
 * @param {Ending} ending
 */
function isObscure({ verdict, code }) {
  return verdict === 'lost' || (verdict === 'unsupported' && code > 0);
}

/** @param {Ending} ending */
function asError({ code, reason, verdict, errorCode }) {
  const usual = verdict === 'unauthorized' ? 'unauthorized' : code === 4103 || code === 403 ? 'forbidden' : 'closed';
  return new TickerError(errorCode ?? usual, reason, { closeCode: code || undefined });
}

/** @param {unknown} error */
function asTickerError(error) {
  return error instanceof TickerError ? error : new TickerError('closed', String(error), { cause: error });
}
