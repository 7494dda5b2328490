// The client among servers and proxies that do not do what they should.

import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { TickerClient } from '../src/client.js';
import { seeded } from './support/random.js';
import { until } from './support/wait.js';

/** @typedef {import('node:http').IncomingMessage} Incoming */
/** @typedef {import('node:http').ServerResponse} Answer */
/** @typedef {import('../src/settings.js').ClientOptions} ClientOptions */

/** @type {(() => void)[]} */
const ends = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const welcome = {
  type: 'event', channel: 'system', event: 'welcome', session: 's', epoch: 'e', heartbeat: '15s',
  interval: { default: '100ms', min: '20ms', max: '60s' }, limits: { symbols: 1000, messageBytes: 65536 },
};

/**
 * serve runs a server that answers symbols, and everything else as a test says.
 * @param {Record<string, (request: Incoming, answer: Answer) => void>} routes
 * @param {(socket: import('ws').WebSocket) => void} [accept]
 */
async function serve(routes, accept) {
  /** @type {Incoming[]} */
  const requests = [];
  const server = createServer((request, answer) => {
    requests.push(request);
    const { pathname } = new URL(request.url ?? '', 'http://x');
    const route = routes[pathname];
    if (route) route(request, answer);
    else if (pathname === '/v1/symbols') answer.end('{"symbols":[]}');
    else answer.writeHead(404).end();
  });
  if (accept) new WebSocketServer({ server }).on('connection', accept);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, requests };
}

/**
 * @param {string} url
 * @param {ClientOptions} options
 */
function connect(url, options) {
  const client = new TickerClient(url, { decimals: 'string', maxReconnectDelay: 250, WebSocket, ...options });
  ends.push(() => client.disconnect());
  /** @type {import('../src/errors.js').TickerError[]} */
  const errors = [];
  client.on('error', (error) => errors.push(error));
  return { client: client.connect(), errors };
}

/**
 * @param {Answer} answer
 * @param {...[string, unknown, string?]} events
 */
function stream(answer, ...events) {
  answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const [name, data, id] of events) answer.write(`event: ${name}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
}

test('a service without event streams is polled', async () => {
  let polls = 0;
  const { url } = await serve({
    '/v1/poll': (_, answer) => {
      if (++polls === 1) answer.end('{"cursor":"e.1","quotes":[{"symbol":"A","seq":1,"bid":1.50}]}');
      else if (polls === 2) answer.writeHead(204, { 'Ticker-Cursor': 'e.2' }).end();
      else if (polls === 3) answer.end('{"cursor":"e.3","quotes":[{"symbol":"A","seq":2,"bid":1.60}]}');
    },
  });
  const { client } = connect(url, { transports: ['sse', 'poll'] });
  client.subscribe('A');
  await until(() => client.quote('A')?.bid === '1.60');
  expect(client.transport).toBe('poll');
});

test('what was polled is sent in full over a better transport', async () => {
  let polls = 0;
  const { url, requests } = await serve({
    '/v1/poll': (_, answer) => {
      if (++polls === 1) answer.end('{"cursor":"e.1","quotes":[{"symbol":"A","seq":1,"bid":1.50}]}');
      else answer.writeHead(500).end();
    },
    '/v1/sse': (_, answer) => {
      if (polls === 0) answer.writeHead(404).end();
      else stream(answer, ['welcome', welcome], ['subscribed', {}], ['quotes', { channel: 'quotes', quotes: [{ symbol: 'A', seq: 1, bid: 1.5 }] }, 'e.1']);
    },
  });
  const { client } = connect(url, { transports: ['sse', 'poll'], upgradeAfter: 400 });
  client.subscribe('A');
  await until(() => polls > 0 && client.transport === 'sse' && client.isFresh('A'));
  expect(requests.every(({ headers }) => headers['last-event-id'] === undefined)).toBe(true);
});

test('each poll begins where the one before ended', async () => {
  /** @type {URLSearchParams[]} */
  const asked = [];
  const { url } = await serve({
    '/v1/poll': (request, answer) => {
      asked.push(new URL(request.url ?? '', 'http://x').searchParams);
      if (asked.length === 1) answer.end('{"cursor":"e.1","quotes":[]}');
      else if (asked.length === 2) answer.writeHead(204, { 'Ticker-Cursor': 'e.2' }).end();
    },
  });
  const { client } = connect(url, { transports: ['poll'] });
  client.subscribe(['A', 'B*'], { interval: '250ms', fields: ['bid'], mode: 'delta' });
  await until(() => asked.length === 3);
  expect(asked.map((query) => Object.fromEntries(query))).toEqual([
    { symbols: 'A,B*', interval: '250ms', fields: 'bid', wait: '0ms' },
    { symbols: 'A,B*', interval: '250ms', fields: 'bid', wait: '25s', cursor: 'e.1' },
    { symbols: 'A,B*', interval: '250ms', fields: 'bid', wait: '25s', cursor: 'e.2' },
  ]);
});

test('over polls envelopes are done without, and that is told once', async () => {
  const { url, requests } = await serve({ '/v1/poll': (_, answer) => void answer.end('{"cursor":"e.1","quotes":[]}') });
  const { client } = connect(url, { transports: ['poll'] });
  /** @type {string[]} */
  const notices = [];
  client.on('notice', ({ code }) => notices.push(code));
  client.subscribe('A', { envelope: true });
  client.subscribe('B', { envelope: true, interval: '1s' });
  await client.ready();
  await until(() => requests.length > 5);
  expect(notices).toEqual(['bad_request']);
  expect(requests.some(({ url: asked }) => asked?.includes('envelope'))).toBe(false);
});

test('a stream that ends is resumed from its last event, with the token in a header', async () => {
  let streams = 0;
  const { url, requests } = await serve({
    '/v1/sse': (_, answer) => {
      streams++;
      const quote = { symbol: 'A', seq: streams, bid: 1 };
      stream(answer, ['welcome', welcome], ['subscribed', { interval: '100ms' }], ['quotes', { channel: 'quotes', quotes: [quote] }, `e.${streams}`]);
      if (streams === 1) answer.end();
    },
  });
  const { client } = connect(url, { transports: ['sse'], token: 'secret' });
  client.subscribe('A');
  await until(() => client.quote('A')?.seq === 2);
  const sent = requests.filter((request) => request.url?.startsWith('/v1/sse')).map(({ headers }) => headers);
  expect(sent.map((headers) => headers['last-event-id'])).toEqual([undefined, 'e.1']);
  expect(sent.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
  expect(requests.some(({ url: asked }) => asked?.includes('secret'))).toBe(false);
});

test('what was held is current again once a resumed stream has caught up', async () => {
  let streams = 0;
  const { url } = await serve({
    '/v1/sse': (_, answer) => {
      streams++;
      const quotes = streams === 1 ? [{ symbol: 'A', seq: 1, bid: 1 }, { symbol: 'B', seq: 1, bid: 1 }] : [{ symbol: 'A', seq: 2, bid: 2 }];
      stream(answer, ['welcome', welcome], ['subscribed', {}], ['quotes', { channel: 'quotes', quotes }, `e.${streams}`]);
      if (streams === 1) answer.end();
    },
  });
  const { client } = connect(url, { transports: ['sse'] });
  client.subscribe(['A', 'B']);
  await until(() => client.quote('A')?.seq === 2 && client.isFresh('B'));
  expect(client.quote('B')?.bid).toBe('1');
});

test('few streams are open at once, and each symbol comes over one of them', async () => {
  /** @type {Set<Answer>} */
  const open = new Set();
  const { url } = await serve({
    '/v1/sse': (request, answer) => {
      open.add(answer);
      answer.on('close', () => open.delete(answer));
      const symbols = new URL(request.url ?? '', 'http://x').searchParams.get('symbols') ?? '';
      // Every stream sends A, as if a pattern of each covered it.
      const quotes = [{ symbol: 'A', seq: 1, bid: symbols.split(',').includes('A') ? 1 : 666 }];
      stream(answer, ['welcome', welcome], ['subscribed', {}], ['quotes', { channel: 'quotes', quotes }, 'e.1']);
    },
  });
  const { client } = connect(url, { transports: ['sse'] });
  ['A', 'B', 'C', 'D', 'E', 'F', '*'].forEach((name, i) => client.subscribe(name, { interval: `${100 * (i + 1)}ms` }));
  /** @type {unknown[]} */
  const bids = [];
  client.on('quotes', (quotes) => quotes.forEach(({ bid }) => bids.push(bid)));
  await until(() => open.size === 4 && bids.length > 0);
  expect(open.size).toBe(4);
  expect(bids).toEqual(['1']);
});

test('a page that is no event stream is no transport', async () => {
  const { url } = await serve({
    '/v1/sse': (_, answer) => void answer.end('<html>'),
    '/v1/poll': (_, answer) => void answer.end('<html>'),
  });
  const { client, errors } = connect(url, { transports: ['sse', 'poll'] });
  client.subscribe('A');
  /** @type {string[]} */
  const tried = [];
  client.on('connecting', ({ transport }) => tried.push(transport));
  await until(() => tried.length >= 3);
  expect(tried.slice(0, 3)).toEqual(['poll', 'sse', 'poll']);
  expect(errors).toEqual([]);
});

test('a stream that says nothing any more is given up', async () => {
  let streams = 0;
  const { url } = await serve({
    '/v1/sse': (_, answer) => {
      streams++;
      stream(answer, ['welcome', { ...welcome, heartbeat: '500ms' }]);
    },
  });
  const { client } = connect(url, { transports: ['sse'] });
  client.subscribe('A');
  await until(() => streams >= 2);
});

test('a stream that is refused leaves the others alone', async () => {
  const { url } = await serve({
    '/v1/sse': (request, answer) => {
      if (request.url?.includes('BAD')) answer.writeHead(400).end('{"code":"bad_symbol","detail":"no"}');
      else stream(answer, ['welcome', welcome], ['quotes', { channel: 'quotes', quotes: [{ symbol: 'A', seq: 1 }] }, 'e.1']);
    },
  });
  const { client } = connect(url, { transports: ['sse'] });
  const bad = client.subscribe('BAD', { interval: '1s' });
  const refusal = new Promise((resolve) => bad.once('error', resolve));
  client.subscribe('A');
  expect(await refusal).toMatchObject({ code: 'bad_symbol', message: 'no' });
  await until(() => client.quote('A'));
  expect(client.state).toBe('connected');
});

test('a token that is refused is asked for once more, and then it is one clear error', async () => {
  const { url } = await serve({ '/v1/sse': (_, answer) => void answer.writeHead(401).end('{"code":"unauthorized","detail":"no"}') });
  /** @type {string[]} */
  const reasons = [];
  const { client, errors } = connect(url, { transports: ['sse'], getToken: async ({ reason }) => `t${reasons.push(reason)}` });
  client.subscribe('A');
  await expect(client.ready()).rejects.toMatchObject({ code: 'unauthorized' });
  expect(reasons).toEqual(['connect', 'unauthorized']);
  expect(errors).toHaveLength(1);
});

test('over a WebSocket a token is sent first, and a refused one is one clear error', async () => {
  const { url } = await serve({}, (socket) => {
    socket.send(JSON.stringify(welcome));
    socket.on('message', (data) => {
      const { id, action, token } = JSON.parse(String(data));
      expect([action, token]).toEqual(['auth', 'secret']);
      socket.send(JSON.stringify({ type: 'error', id, code: 'unauthorized', message: 'no' }));
      socket.close(4101);
    });
  });
  const { client, errors } = connect(url, { transports: ['websocket'], token: 'secret' });
  client.subscribe('A');
  await expect(client.ready()).rejects.toMatchObject({ code: 'unauthorized' });
  expect(errors).toMatchObject([{ code: 'unauthorized', fatal: true }]);
});

test('a subscribe that is refused for the moment is sent again', async () => {
  let asked = 0;
  const { url } = await serve({}, (socket) => {
    socket.send(JSON.stringify(welcome));
    socket.on('message', (data) => {
      const { id, action } = JSON.parse(String(data));
      if (action !== 'subscribe') return;
      const refusal = { type: 'error', id, code: 'rate_limited', message: 'later' };
      socket.send(JSON.stringify(++asked === 1 ? refusal : { type: 'response', id, result: { interval: '100ms', subscribed: ['A'] } }));
    });
  });
  const { client } = connect(url, { transports: ['websocket'] });
  const subscription = client.subscribe('A');
  await new Promise((resolve) => subscription.once('subscribed', resolve));
  expect(asked).toBe(2);
});

test('a session that comes back asks from the last cursor on, and says when it has caught up', async () => {
  /** @type {unknown[]} */
  const sinces = [];
  const { url } = await serve({}, (socket) => {
    socket.send(JSON.stringify(welcome));
    socket.on('message', (data) => {
      const { id, type, since } = JSON.parse(String(data));
      if (type === 'ping') return socket.send(JSON.stringify({ type: 'pong', id, ts: 1 }));
      sinces.push(since);
      socket.send(JSON.stringify({ type: 'response', id, result: { interval: '100ms', subscribed: ['A'] } }));
      if (sinces.length > 1) return;
      const quotes = { type: 'event', channel: 'quotes', cursor: 'e.7', quotes: [{ symbol: 'A', seq: 1, bid: 1 }] };
      socket.send(JSON.stringify(quotes), () => socket.terminate());
    });
  });
  const { client } = connect(url, { transports: ['websocket'] });
  client.subscribe('A');
  await until(() => sinces.length === 2 && client.isFresh('A'));
  expect(sinces).toEqual([undefined, 'e.7']);
  expect(client.quote('A')?.bid).toBe('1');
});

test('a request over HTTP ends with its time or its abort, and names what was refused', async () => {
  const { url } = await serve({
    '/v1/sse': (_, answer) => stream(answer, ['welcome', welcome]),
    '/v1/snapshot': () => {},
    '/v1/candles/A': (_, answer) => void answer.writeHead(503).end('no document'),
    '/v1/history/A': (_, answer) => void answer.end('<html>'),
  });
  const { client } = connect(url, { transports: ['sse'], timeout: 300 });
  client.subscribe('A');
  await client.ready();
  const controller = new AbortController();
  const aborted = client.snapshot({ symbols: 'A', signal: controller.signal });
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  await expect(client.snapshot({ symbols: 'A' })).rejects.toMatchObject({ code: 'timeout' });
  await expect(client.candles({ symbol: 'A' })).rejects.toMatchObject({ code: 'unavailable' });
  await expect(client.history({ symbol: 'A' })).rejects.toMatchObject({ code: 'bad_message' });
  expect(client.state).toBe('connected');
});

test('no answer in time is an error of that request alone', async () => {
  const { url } = await serve({}, (socket) => socket.send(JSON.stringify(welcome)));
  const { client } = connect(url, { transports: ['websocket'], timeout: 200 });
  await client.ready();
  await expect(client.symbols()).rejects.toMatchObject({ code: 'timeout' });
  expect(client.state).toBe('connected');
});

test('whatever a server sends, the client lives on and pollutes nothing', async () => {
  const quote = '{"type":"event","channel":"quotes","cursor":"e.1","quotes":[{"symbol":"__proto__","seq":1,"bid":1.5,"__proto__":{"polluted":1}}]}';
  /** @type {(string | Buffer)[]} */
  const frames = [
    'null', '[]', '5', '"x"', '{', '{}', '{"type":"response","id":{}}', '{"type":"error"}', '{"type":"pong","ts":"x"}',
    '{"type":"event","channel":"quotes"}', '{"type":"event","channel":"quotes","quotes":[null,5,{}]}', '{"type":"event","event":"__proto__"}',
    '{"type":"event","channel":"system","event":"heartbeat","ts":1e400,"cursor":5}', '{"type":"constructor"}', Buffer.from([1, 2, 3]), quote,
  ];
  await seeded(40, (random) => {
    const at = random.below(quote.length);
    frames.push(quote.slice(0, at) + random.pick(['"', '}', '\\', '\u0000', '']) + quote.slice(at + random.below(9)));
  });
  const { url } = await serve({}, (socket) => {
    socket.send(JSON.stringify(welcome));
    socket.once('message', () => frames.splice(0, 5).forEach((frame) => socket.send(frame)));
  });
  const { client, errors } = connect(url, { transports: ['websocket'], maxReconnectDelay: 1, minReconnectDelay: 1 });
  client.subscribe('*');
  const reconnecting = setInterval(() => {
    if (client.state === 'connected') client.disconnect();
    client.connect();
  }, 20);
  ends.push(() => clearInterval(reconnecting));
  await until(() => frames.length === 0 && client.state === 'connected');
  expect(errors.every(({ fatal, code }) => !fatal && code === 'bad_message')).toBe(true);
  expect(errors.length).toBeGreaterThan(0);
  expect(/** @type {any} */ ({}).polluted).toBeUndefined();
});
