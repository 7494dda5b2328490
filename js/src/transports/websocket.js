// The transport over WebSocket: one session, which holds the whole plan, answers
// requests, and tells the server's clock.

import { Bucket } from '../bucket.js';
import { Calls } from '../calls.js';
import { TickerError } from '../errors.js';
import { readPending, readRejected, tellEvent } from '../events.js';
import { Granted } from '../granted.js';
import { clean, durationMs, explainClose, judgeClose, parseMessage, subprotocol } from '../protocol.js';
import { asMessage } from '../requests.js';
import { makeTerms, termsBody } from '../terms.js';
import { readWelcome } from '../welcome.js';

/** @typedef {import('../types.js').Surroundings} Surroundings */
/** @typedef {import('../types.js').Transport} Transport */
/** @typedef {import('../types.js').TransportListener} TransportListener */
/** @typedef {import('../granted.js').Command} Command */

// A subscribe that was refused for the moment is sent again after this wait.
const refusalPauseMs = 1000;
// What of the rate that the server allows is used: its clock and ours differ.
const paceShare = 0.8;
const passingCodes = new Set(['rate_limited', 'timeout', 'unavailable', 'internal']);

/** @implements {Transport} */
export class WebSocketTransport {
  #around;
  /** @type {TransportListener | null} null once it has ended */
  #listener;
  #calls;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {any} */
  #timer = null;
  /** @type {Bucket | null} */
  #bucket = null;
  /** @type {Granted | null} */
  #granted = null;
  #messageBytes = 65536;
  #aligning = false;
  #reconnectAfterMs = 0;

  /**
   * @param {Surroundings} around
   * @param {TransportListener} listener
   */
  constructor(around, listener) {
    this.#around = around;
    this.#listener = listener;
    this.#calls = new Calls(around.clock, around.timeoutMs);
  }

  open() {
    const { WebSocket, address, clock, timeoutMs } = this.#around;
    if (!WebSocket) throw new TickerError('unavailable', 'there is no WebSocket here');
    const socket = new WebSocket(address.websocket, [subprotocol]);
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    // What failed is told by the close that follows.
    socket.onerror = () => {};
    this.#socket = socket;
    this.#timer = clock.setTimeout(() => this.#end({ code: 0, reason: 'no welcome in time', verdict: 'lost' }), timeoutMs);
  }

  close() {
    this.#leave();
  }

  /** @param {import('../types.js').Plan} plan */
  want(plan) {
    this.#granted?.want(plan);
    void this.#align();
  }

  /**
   * @param {import('../types.js').Request} request
   * @param {AbortSignal} [signal]
   */
  request(request, signal) {
    return this.#call(asMessage(request), signal);
  }

  /** @param {string} token */
  authenticate(token) {
    this.#call({ type: 'command', action: 'auth', token }).catch((error) => this.#refusedToken(error));
  }

  probe() {
    this.#call({ type: 'ping' }).catch(() => {});
  }

  /**
   * A socket that is closing would complain; what it is not sent fails when it is
   * closed.
   * @param {string} text
   */
  #write(text) {
    if (this.#socket?.readyState === 1) this.#socket.send(text);
  }

  /**
   * @param {Record<string, unknown>} message
   * @param {AbortSignal} [signal]
   * @param {(result: any) => void} [noted]
   * @returns {Promise<any>}
   */
  #call(message, signal, noted) {
    return this.#calls.make((id) => {
      const text = JSON.stringify({ ...message, id });
      if (bytes(text) > this.#messageBytes) {
        this.#calls.fail(id, new TickerError('too_large', `a request may have ${this.#messageBytes} bytes`));
      } else if (this.#bucket) {
        this.#bucket.take(() => this.#write(text));
      } else {
        this.#calls.fail(id, disconnected('the connection is not open'));
      }
    }, signal, noted);
  }

  /** @param {unknown} data */
  #receive(data) {
    const listener = this.#listener;
    if (!listener) return;
    listener.heard();
    let message;
    try {
      message = parseMessage(data);
    } catch (error) {
      listener.garbage(`unreadable message: ${clean(error)}`);
      return;
    }
    this.#take(message, listener);
  }

  /**
   * @param {Record<string, any>} message
   * @param {TransportListener} listener
   */
  #take(message, listener) {
    switch (message.type) {
      case 'event':
        this.#event(message, listener);
        break;
      case 'response':
        this.#calls.answer(message.id, message.result);
        break;
      case 'pong':
        if (Number.isSafeInteger(message.ts)) listener.clock(message.ts);
        this.#calls.answer(message.id, message);
        break;
      case 'error':
        this.#failed(message, listener);
        break;
    }
  }

  /**
   * @param {Record<string, any>} message
   * @param {TransportListener} listener
   */
  #event(message, listener) {
    if (message.event === 'welcome') this.#welcome(message, listener);
    const { cursor, reconnectAfterMs } = tellEvent(message, listener);
    if (cursor) this.#granted?.passed(cursor);
    if (reconnectAfterMs) this.#reconnectAfterMs = reconnectAfterMs;
  }

  /**
   * @param {Record<string, any>} message
   * @param {TransportListener} listener
   */
  #failed({ id, code, message }, listener) {
    const error = new TickerError(clean(code, 64), clean(message));
    if (this.#calls.fail(id, error)) return;
    listener.notice(error.code, error.message);
  }

  /**
   * @param {Record<string, any>} message
   * @param {TransportListener} listener
   */
  #welcome(message, listener) {
    // A session has one.
    if (this.#granted) return;
    const { bookmarks, clock, token } = this.#around;
    const welcome = readWelcome(message);
    const { commandsPerSecond = 20, commandBurst = 50, messageBytes = 65536 } = welcome.limits;
    this.#bucket = new Bucket(clock, commandsPerSecond * paceShare, Math.max(1, commandBurst * paceShare));
    this.#granted = new Granted(bookmarks, welcome.limits);
    this.#messageBytes = messageBytes;
    clock.clearTimeout(this.#timer);
    if (!token) return listener.opened(welcome);
    this.#call({ type: 'command', action: 'auth', token }).then(
      () => this.#listener?.opened(welcome),
      (error) => this.#refusedToken(error),
    );
  }

  /** @param {TickerError} error */
  #refusedToken({ code, message }) {
    const verdict = code === 'unauthorized' ? 'unauthorized' : code === 'forbidden' ? 'final' : 'lost';
    this.#end({ code: 0, reason: message, verdict, errorCode: code });
  }

  // #align brings the server in line with the plan, one command after the other.
  async #align() {
    if (this.#aligning) return;
    this.#aligning = true;
    for (let command; this.#listener && (command = this.#granted?.next()); ) await this.#carryOut(command);
    this.#aligning = false;
  }

  /** @param {Command} command */
  async #carryOut(command) {
    const { action, names, terms, since } = command;
    const body = terms ? { ...termsBody(terms), ...(since && { since }) } : {};
    const message = { type: 'command', action, symbols: names, ...body };
    try {
      await this.#call(message, undefined, (result) => this.#answered(command, result));
    } catch (error) {
      await this.#refused(command, /** @type {TickerError} */ (error));
    }
  }

  /**
   * @param {Command} command
   * @param {any} result
   */
  #answered(command, result) {
    const { terms, names, since } = command;
    const rejected = readRejected(result);
    this.#granted?.answered(command, rejected);
    if (!terms) return;
    this.#listener?.granted({
      plan: new Map(names.map((name) => [name, terms])),
      inForce: makeTerms({ ...terms, intervalMs: durationMs(result?.interval) || terms.intervalMs }),
      pending: readPending(result),
      rejected,
    });
    if (since) this.#caughtUp(names);
  }

  /**
   * caughtUp tells of a resume when what changed in between was sent. Answers
   * come in order, so a ping marks that moment.
   * @param {readonly string[]} names
   */
  #caughtUp(names) {
    this.#call({ type: 'ping' }).then(() => this.#listener?.resumed(names), () => {});
  }

  /**
   * @param {Command} command
   * @param {TickerError} error
   */
  async #refused(command, { code, message }) {
    if (!this.#listener) return;
    if (code === 'unauthorized') {
      this.#end({ code: 0, reason: message, verdict: 'unauthorized', errorCode: code });
    } else if (passingCodes.has(code)) {
      await new Promise((resume) => (this.#timer = this.#around.clock.setTimeout(() => resume(null), refusalPauseMs)));
    } else {
      this.#granted?.refused(command);
      if (command.terms) this.#listener.refused(command.names, code, message);
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    this.#end({
      code, reason: explainClose(code, reason), verdict: judgeClose(code), retryAfterMs: this.#reconnectAfterMs,
    });
  }

  /** @param {import('../types.js').Ending} ending */
  #end(ending) {
    const listener = this.#listener;
    this.#leave();
    listener?.ended(ending);
  }

  #leave() {
    if (!this.#listener) return;
    this.#listener = null;
    this.#around.clock.clearTimeout(this.#timer);
    this.#bucket?.close();
    this.#granted?.end();
    this.#calls.failAll(disconnected('the connection ended before the answer came'));
    this.#socket?.close();
    this.#socket = null;
  }
}

const encoder = new TextEncoder();

/** @param {string} text */
function bytes(text) {
  return encoder.encode(text).length;
}

/** @param {string} message */
function disconnected(message) {
  return new TickerError('disconnected', message);
}
