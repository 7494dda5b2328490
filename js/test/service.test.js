// What the client promises, against the real service, over every transport.

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';

import { add } from '../src/decimal.js';
import { TickerClient } from '../src/client.js';
import { Service } from './support/service.js';
import { until } from './support/wait.js';

/** @typedef {import('../src/settings.js').ClientOptions} ClientOptions */

const service = new Service(['push:'], { TICKER_HISTORY_EVERY: '0s' });
beforeAll(() => service.start());
afterAll(() => service.close());

/** @type {TickerClient[]} */
const clients = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

/** @param {ClientOptions} [options] */
function make(options = {}, url = service.url) {
  const client = new TickerClient(url, { WebSocket, decimals: 'string', ...options });
  clients.push(client);
  return client.connect();
}

let names = 0;
/** unique returns a symbol that no other test uses. */
const unique = () => `T${++names}`;

describe.each(/** @type {const} */ (['websocket', 'sse', 'poll']))('over %s', (transport) => {
  /** @param {ClientOptions} [options] */
  const connect = (options) => make({ transports: [transport], ...options });

  test('a name that is pending starts with its first quote', async () => {
    const symbol = unique();
    const client = connect();
    const subscription = client.subscribe(symbol, { interval: '20ms' });
    await new Promise((resolve) => subscription.once('subscribed', resolve));
    expect([client.state, client.transport]).toEqual(['connected', transport]);
    expect(subscription.pending).toEqual([symbol]);
    expect(subscription.interval).toBe('20ms');
    await client.publish([{ symbol, bid: '1.1', ask: '1.2' }]);
    const quote = await until(() => client.quote(symbol));
    expect(quote).toMatchObject({ symbol, seq: 1, bid: '1.1', ask: '1.2', source: 'push' });
    expect(subscription.pending).toEqual([]);
    expect(client.isFresh(symbol)).toBe(true);
  });

  test('a pattern covers symbols that appear later, and ends with their newest values', async () => {
    const prefix = unique();
    const client = connect();
    const seen = new Map();
    client.subscribe(`${prefix}-*`, { interval: '20ms' }, (quotes) => quotes.forEach((quote) => seen.set(quote.symbol, quote.last)));
    await client.ready();
    for (let last = 1; last <= 20; last++) await client.publish([1, 2].map((n) => ({ symbol: `${prefix}-${n}`, last: last * n })));
    await until(() => seen.get(`${prefix}-1`) === '20' && seen.get(`${prefix}-2`) === '40');
  });

  test('records that travel as changes are full for whoever reads them', async () => {
    const symbol = unique();
    const client = connect();
    client.subscribe(symbol, { interval: '20ms', mode: 'delta' });
    await client.publish([{ symbol, bid: 1, ask: 2, last: 1.5, lastSize: 3 }]);
    await until(() => client.quote(symbol));
    await client.publish([{ symbol, bid: '1.25', status: 'halted' }]);
    await client.publish([{ symbol, ask: '9' }]);
    await until(() => client.quote(symbol)?.seq === 3);
    const [snapshot] = await client.snapshot({ symbols: symbol });
    expect(client.quote(symbol)).toMatchObject(/** @type {any} */ (snapshot));
    expect(client.quote(symbol)).toMatchObject({ bid: '1.25', ask: '9', last: '1.5' });
  });

  test('names that are none are rejected, and the others go on', async () => {
    const symbol = unique();
    const client = connect();
    const subscription = client.subscribe([symbol, 'no symbol']);
    /** @type {unknown[]} */
    const rejected = [];
    subscription.on('rejected', (list) => rejected.push(list));
    await new Promise((resolve) => subscription.once('subscribed', resolve));
    expect(rejected).toEqual([[{ symbol: 'no symbol', code: 'bad_symbol' }]]);
    await client.publish([{ symbol, bid: 1 }]);
    await until(() => client.quote(symbol));
  });

  test('what changes in the set is followed', async () => {
    const [a, b, c] = [unique(), unique(), unique()];
    const client = connect();
    const subscription = client.subscribe([a, b], { interval: '20ms' });
    await client.publish([a, b, c].map((symbol) => ({ symbol, bid: 1 })));
    await until(() => client.quote(a) && client.quote(b));
    subscription.add(c).remove(a);
    await until(() => client.quote(c) && !client.quote(a));
    await client.publish([a, b, c].map((symbol) => ({ symbol, bid: 2 })));
    await until(() => client.quote(b)?.bid === '2' && client.quote(c)?.bid === '2');
    expect([...client.quotes()].map(({ symbol }) => symbol).sort()).toEqual([b, c].sort());
    subscription.unsubscribe();
    await until(() => [...client.quotes()].length === 0);
  });

  test('a component that leaves and comes back at once has its record again', async () => {
    const [symbol, other] = [unique(), unique()];
    const client = connect();
    client.subscribe(other, { interval: '20ms' });
    const first = client.subscribe(symbol, { interval: '20ms' });
    await client.publish([{ symbol, bid: 1 }, { symbol: other, bid: 1 }]);
    await until(() => client.quote(symbol) && client.quote(other));
    client.subscribe(unique(), { interval: '30ms' });
    first.unsubscribe();
    await until(() => !client.quote(symbol));
    client.subscribe(symbol, { interval: '20ms' });
    await until(() => client.quote(symbol)?.bid === '1');
  });

  test('a pattern takes over the symbol of a name that left', async () => {
    const prefix = unique();
    const symbol = `${prefix}-1`;
    const client = connect();
    client.subscribe(`${prefix}-*`, { interval: '500ms' });
    const named = client.subscribe(symbol, { interval: '20ms', fields: ['bid'] });
    await client.publish([{ symbol, bid: 1, ask: 2 }]);
    await until(() => client.quote(symbol)?.bid === '1');
    named.unsubscribe();
    await until(() => client.quote(symbol)?.ask === '2');
    await client.publish([{ symbol, bid: 5 }]);
    await until(() => client.quote(symbol)?.bid === '5');
  });

  test('questions are answered', async () => {
    const symbol = unique();
    const client = connect();
    const from = new Date(Date.now() - 60_000);
    expect(await client.publish([{ symbol, last: '10.5', lastSize: 2 }, { symbol: 'bad symbol', bid: 1 }])).toMatchObject({
      accepted: 1, rejected: [{ line: 2, code: 'bad_symbol' }],
    });
    expect(await client.symbols({ prefix: symbol, limit: 5 })).toEqual({ symbols: [symbol], next: undefined });
    const { quotes } = await until(async () => {
      const page = await client.history({ symbol, from, limit: 10 });
      return page.quotes.length > 0 && page;
    });
    expect(quotes[0]).toMatchObject({ symbol, seq: 1, last: '10.5' });
    const [candle] = await until(async () => {
      const candles = await client.candles({ symbol, from, step: '1m' });
      return candles.length > 0 && candles;
    });
    expect(candle).toMatchObject({ open: '10.5', close: '10.5', volume: '2', trades: 1 });
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    await expect(client.history({ symbol: 'NEVER-HEARD' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.symbols({ limit: -1 })).rejects.toMatchObject({ code: 'bad_request' });
    const ledger = await client.ledger().catch((error) => error.code);
    if (transport !== 'websocket') expect(ledger).toBe('unavailable');
    else expect(ledger.produced).toBe(ledger.delivered + ledger.conflated + ledger.pending);
  });

  test('a restart of the service is got over, with everything that was subscribed', async () => {
    const own = new Service(['push:']);
    await own.start();
    const client = make({ transports: [transport], maxReconnectDelay: 300, timeout: 3000 }, own.url);
    const symbol = unique();
    client.subscribe([symbol, 'X*'], { interval: '20ms', mode: 'delta' });
    await client.publish([{ symbol, bid: 1 }, { symbol: 'XY', bid: 1 }]);
    await until(() => client.quote(symbol) && client.quote('XY'));
    await own.stop();
    await until(() => client.state !== 'connected');
    expect(client.isFresh(symbol)).toBe(false);
    await own.start();
    await client.ready();
    await client.publish([{ symbol, bid: 2 }, { symbol: 'XY', bid: 3 }]);
    await until(() => client.quote(symbol)?.bid === '2' && client.quote('XY')?.bid === '3');
    expect(client.isFresh(symbol)).toBe(true);
    expect(client.transport).toBe(transport);
    client.disconnect();
    await own.close();
  });

  test('an address without the service is one clear error', async () => {
    const client = make({ transports: [transport] }, `${service.url}/nowhere`);
    client.subscribe('A');
    /** @type {import('../src/errors.js').TickerError[]} */
    const errors = [];
    client.on('error', (error) => errors.push(error));
    await expect(client.ready()).rejects.toMatchObject({ code: 'not_found' });
    expect(errors).toMatchObject([{ code: 'not_found', fatal: true }]);
    expect(client.state).toBe('closed');
  });
});

describe.each(/** @type {const} */ (['websocket', 'sse']))('envelopes over %s', (transport) => {
  test('a slow iteration is given every trade', async () => {
    const symbol = unique();
    const client = make({ transports: [transport] });
    const subscription = client.subscribe(symbol, { interval: '20ms', envelope: true });
    await new Promise((resolve) => subscription.once('subscribed', resolve));
    const prices = Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 60));
    let published = false;
    const publishing = (async () => {
      for (const last of prices) await client.publish([{ symbol, last, lastSize: '0.1' }]);
      published = true;
    })();
    let sum = { high: -Infinity, low: Infinity, trades: 0, volume: '0' };
    for await (const [quote] of subscription) {
      const { high, low, trades, volume } = quote?.envelope ?? { trades: 0, volume: '0' };
      sum = {
        high: Math.max(sum.high, Number(high ?? -Infinity)), low: Math.min(sum.low, Number(low ?? Infinity)),
        trades: sum.trades + trades, volume: add(sum.volume, volume),
      };
      if (sum.trades === prices.length) break;
      if (!published) await new Promise((resume) => setTimeout(resume, 50));
    }
    await publishing;
    expect(sum).toEqual({ high: Math.max(...prices), low: Math.min(...prices), trades: 60, volume: '6' });
  });
});

/** cutting returns a WebSocket whose connections a test can cut. */
function cutting() {
  /** @type {WebSocket[]} */
  const sockets = [];
  class Cut extends WebSocket {
    /**
     * @param {string} url
     * @param {string[]} protocols
     */
    constructor(url, protocols) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  return { Cut, cut: () => sockets.at(-1)?.terminate(), sockets };
}

test('what is held is current again after a session that comes back', async () => {
  const [still, moving] = [unique(), unique()];
  const { Cut, cut, sockets } = cutting();
  const client = make({ transports: ['websocket'], WebSocket: Cut });
  client.subscribe([still, moving], { interval: '20ms' });
  await client.publish([{ symbol: still, bid: 1 }, { symbol: moving, bid: 1 }]);
  await until(() => client.quote(still) && client.quote(moving));
  await client.publish([{ symbol: moving, bid: 2 }]);
  await until(() => client.quote(moving)?.bid === '2');
  const held = client.quote(still);
  /** @type {boolean[]} */
  const recovered = [];
  client.on('connected', (state) => recovered.push(state.recovered));
  cut();
  await until(() => !client.isFresh(still));
  await until(() => sockets.length === 2 && client.state === 'connected');
  await until(() => client.isFresh(still) && client.isFresh(moving));
  expect(recovered).toEqual([true]);
  expect(client.quote(still)).toEqual(held);
  await client.publish([{ symbol: still, bid: 5 }]);
  await until(() => client.quote(still)?.bid === '5');
});

test('many components that subscribe at once are never refused for their rate', async () => {
  const client = make({ transports: ['websocket'] });
  /** @type {unknown[]} */
  const told = [];
  client.on('notice', (notice) => told.push(notice));
  client.on('error', (error) => told.push(error));
  await client.ready();
  const symbols = Array.from({ length: 60 }, unique);
  await client.publish(symbols.map((symbol) => ({ symbol, bid: 1 })));
  symbols.forEach((symbol, i) => client.subscribe(symbol, { interval: `${100 + i}ms` }));
  await until(() => [...client.quotes()].length === symbols.length);
  expect(told).toEqual([]);
});

test('where a WebSocket does not come through, events do', async () => {
  class Blocked extends WebSocket {
    /** @param {string} url */
    constructor(url) {
      super(url.replace('/v1/ws', '/v1/symbols'));
    }
  }
  const symbol = unique();
  const client = make({ WebSocket: Blocked });
  client.subscribe(symbol);
  await client.ready();
  expect(client.transport).toBe('sse');
  await client.publish([{ symbol, bid: 1 }]);
  await until(() => client.quote(symbol));
});

test('where there is no WebSocket at all, nothing is lost by trying one', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const client = make({ WebSocket: undefined });
  vi.unstubAllGlobals();
  /** @type {string[]} */
  const tried = [];
  client.on('connecting', ({ transport }) => tried.push(transport));
  await client.ready();
  expect([client.transport, tried]).toEqual(['sse', []]);
});

test('a request that is too large is refused before it ends the session', async () => {
  const client = make({ transports: ['websocket'] });
  await client.ready();
  const quotes = Array.from({ length: 5000 }, () => ({ symbol: 'A', bid: 1 }));
  await expect(client.publish(quotes)).rejects.toMatchObject({ code: 'too_large' });
  expect(client.state).toBe('connected');
});
