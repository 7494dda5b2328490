// Connection keeps one session with the server: it connects, subscribes to
// every symbol, watches that the server still speaks, and comes back after a
// failure. It tells its listener:
//
//   state({name, …})             connecting, live, stale (late heartbeat),
//                                disconnected (why, retryAt), refused (why, wantsToken)
//   session()                    a new session began; nothing of it is known yet
//   quotes(list)                 records, in the order of sending
//   clock(micros)                the server's clock, just now
//   granted(interval)            the interval that the server agreed to
//   notice(text)                 something worth a line, the session lives on

import { clean, durationMs, explainClose, isFinal, parseMessage, subprotocol } from './protocol.js';

const firstRetryMs = 250;
const longestRetryMs = 30_000;
// A session that lived this long was a good one: the next retry is quick again.
const goodSessionMs = 5000;
// Until the server names its heartbeat, twice this is what a handshake may take.
const assumedHeartbeatMs = 5000;
// Heartbeats of lateness before the page says so, and before it gives up.
const lateAfter = 1.25;
const lostAfter = 2;

// retryDelayMs draws the wait before a retry: exponential, with full jitter.
export function retryDelayMs(attempt, random = Math.random) {
  return random() * Math.min(longestRetryMs, firstRetryMs * 2 ** attempt);
}

export class Connection {
  #url;
  #listener;
  #interval;
  #token = '';

  #socket = null;
  #state = 'disconnected';
  #heartbeatMs = assumedHeartbeatMs;
  #heardAt = 0;
  #pingedAt = 0;
  #watch = 0;

  #attempt = 0;
  #liveSince = Infinity;
  #reconnectAfterMs = 0;
  #retry = 0;

  constructor(url, interval, listener) {
    this.#url = url;
    this.#interval = interval;
    this.#listener = listener;
  }

  // connect begins a new attempt at once.
  connect() {
    this.#discard();
    this.#enter('connecting');
    this.#heartbeatMs = assumedHeartbeatMs;
    this.#heardAt = Date.now();
    const socket = new WebSocket(this.#url, [subprotocol]);
    // A socket that was given up may still deliver; it is not listened to.
    socket.onmessage = (event) => socket === this.#socket && this.#receive(event.data);
    socket.onclose = (event) => socket === this.#socket && this.#closed(event);
    this.#socket = socket;
    this.#watchEvery();
  }

  // token is what was given to authenticate, for requests beside the socket.
  get token() {
    return this.#token;
  }

  // authenticate connects with a token, which is kept in memory only.
  authenticate(token) {
    this.#token = token;
    this.connect();
  }

  // setInterval asks for another interval, now and in later sessions.
  setInterval(interval) {
    this.#interval = interval;
    if (this.#state === 'live' || this.#state === 'stale') this.#subscribe();
  }

  // check looks at the clock: for timers, and for a page that was hidden.
  check() {
    if (!this.#socket) return;
    const silence = Date.now() - this.#heardAt;
    if (silence >= lostAfter * this.#heartbeatMs) {
      this.#lost(`nothing received for ${Math.round(silence / 1000)} s`);
    } else if (this.#state === 'live' || this.#state === 'stale') {
      this.#enter(silence >= lateAfter * this.#heartbeatMs ? 'stale' : 'live');
      this.#ping();
    }
  }

  #watchEvery() {
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.check(), this.#heartbeatMs / 8);
  }

  // A ping a heartbeat brings the server's clock also while quotes flow, when
  // the server has no reason to send heartbeats.
  #ping() {
    if (Date.now() - this.#pingedAt < this.#heartbeatMs) return;
    this.#pingedAt = Date.now();
    this.#send({ type: 'ping', id: 'ping' });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #subscribe() {
    this.#send({ type: 'command', id: 'subscribe', action: 'subscribe', symbols: ['*'], interval: this.#interval });
  }

  #receive(text) {
    this.#heardAt = Date.now();
    try {
      this.#take(parseMessage(text));
    } catch (error) {
      console.error(error);
      this.#lost('the server sent something unreadable');
      return;
    }
    if (this.#state === 'stale') this.#enter('live');
  }

  #take(message) {
    switch (message.type) {
      case 'event':
        this.#event(message);
        break;
      case 'response':
        if (message.id === 'subscribe') this.#subscribed(message.result);
        break;
      case 'error':
        this.#failed(message);
        break;
      case 'pong':
        this.#listener.clock(Number(message.ts));
        break;
    }
  }

  #event(message) {
    switch (message.event ?? message.channel) {
      case 'quotes':
        this.#listener.quotes(message.quotes);
        break;
      case 'heartbeat':
        this.#listener.clock(Number(message.ts));
        break;
      case 'welcome':
        this.#welcome(message);
        break;
      case 'draining':
        this.#reconnectAfterMs = durationMs(message.reconnectAfter);
        this.#listener.notice('The server is about to restart.');
        break;
    }
  }

  #welcome(message) {
    this.#heartbeatMs = durationMs(message.heartbeat) || assumedHeartbeatMs;
    this.#watchEvery();
    this.#listener.session();
    if (this.#token) this.#send({ type: 'command', id: 'auth', action: 'auth', token: this.#token });
    this.#subscribe();
    this.#pingedAt = 0;
    this.#ping();
  }

  #subscribed(result) {
    const [rejected] = result.rejected ?? [];
    if (rejected) {
      this.#refuse(`the subscription was rejected: ${clean(rejected.code)}`);
      return;
    }
    this.#listener.granted(clean(result.interval));
    if (this.#state !== 'connecting') return;
    this.#liveSince = Date.now();
    this.#enter('live');
  }

  // #failed judges an error. Before the session is live it is about a command
  // without which there is nothing to show.
  #failed({ code, message }) {
    const why = `${clean(code)}: ${clean(message)}`;
    if (this.#state !== 'connecting') {
      this.#listener.notice(why);
    } else if (code === 'unauthorized' || code === 'forbidden') {
      this.#refuse(why, code === 'unauthorized');
    } else {
      this.#lost(why);
    }
  }

  #closed({ code, reason }) {
    const why = explainClose(code, reason);
    if (isFinal(code)) this.#refuse(why, code === 4101);
    else this.#lost(why);
  }

  // #refuse ends it: what went wrong will not go away by itself.
  #refuse(why, wantsToken = false) {
    this.#discard();
    this.#enter('refused', { why, wantsToken });
  }

  #lost(why) {
    if (Date.now() - this.#liveSince > goodSessionMs) this.#attempt = 0;
    const wait = Math.max(this.#reconnectAfterMs, retryDelayMs(this.#attempt++));
    this.#discard();
    this.#retry = setTimeout(() => this.connect(), wait);
    this.#enter('disconnected', { why, retryAt: Date.now() + wait });
  }

  #discard() {
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    this.#liveSince = Infinity;
    this.#reconnectAfterMs = 0;
    socket?.close();
  }

  #enter(name, more) {
    if (name === this.#state && !more) return;
    this.#state = name;
    this.#listener.state({ name, ...more });
  }
}
