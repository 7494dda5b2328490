// A service that tests tell what to send, over real WebSockets.

import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';

/** @typedef {Record<string, any>} Message */

export class FakeService {
  #server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  /** @type {{socket: any, commands: Message[]}[]} Every session there ever was. */
  sessions = [];
  /** The token that is good; '' takes every one. */
  token = '';
  epoch = 'EPOCH';
  heartbeat = '15s';
  /** Whether anything is answered. */
  mute = false;
  #seq = 0;

  static async start() {
    const service = new FakeService();
    await once(service.#server, 'listening');
    return service;
  }

  constructor() {
    this.#server.on('connection', (/** @type {any} */ socket) => this.#accept(socket));
  }

  get url() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  get open() {
    return this.sessions.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
  }

  /** What was asked for last under each name. */
  get wanted() {
    const wanted = new Map();
    for (const { action, symbols, ...terms } of this.open[0]?.commands ?? []) {
      for (const name of symbols ?? []) {
        if (action === 'subscribe') wanted.set(name, terms);
        else wanted.delete(name);
      }
    }
    return wanted;
  }

  /** @param {Message[]} quotes */
  send(quotes) {
    for (const { socket } of this.open) {
      socket.send(JSON.stringify({ type: 'event', channel: 'quotes', cursor: `${this.epoch}.${++this.#seq}`, quotes }));
    }
  }

  /** @param {number} code */
  drop(code) {
    for (const { socket } of this.open) socket.close(code);
  }

  async stop() {
    for (const { socket } of this.sessions) socket.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {any} socket */
  #accept(socket) {
    /** @type {Message[]} */
    const commands = [];
    this.sessions.push({ socket, commands });
    socket.on('message', (/** @type {Buffer} */ data) => {
      const message = JSON.parse(String(data));
      commands.push(message);
      if (this.mute) return;
      socket.send(JSON.stringify({ id: message.id, ...this.#answer(message) }));
    });
    socket.send(JSON.stringify({
      type: 'event', channel: 'system', event: 'welcome', session: `S${this.sessions.length}`, epoch: this.epoch, heartbeat: this.heartbeat,
      interval: { default: '100ms', min: '20ms', max: '60s' }, limits: { symbols: 1000, messageBytes: 65536, commandsPerSecond: 1000, commandBurst: 1000 },
    }));
  }

  /** @param {Message} message */
  #answer({ type, action, token, symbols, interval, resource }) {
    if (type === 'ping') return { type: 'pong', ts: Date.now() * 1000 };
    if (action === 'auth' && this.token && token !== this.token) return { type: 'error', code: 'unauthorized', message: 'no' };
    if (resource === 'symbols') return { type: 'response', result: { symbols: ['AAPL'] } };
    if (resource) return { type: 'error', code: 'unavailable', message: `no ${resource}` };
    return { type: 'response', result: { interval, subscribed: symbols, pending: [], rejected: rejected(symbols) } };
  }
}

/** @param {string[]} [symbols] */
function rejected(symbols = []) {
  return symbols.filter((symbol) => symbol === 'NOT-HERE').map((symbol) => ({ symbol, code: 'forbidden' }));
}
