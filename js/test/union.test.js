import { expect, test } from 'vitest';

import { TickerClient } from '../src/client.js';
import { add, compare } from '../src/decimal.js';
import { Entries } from '../src/entries.js';
import { FakeClock } from './support/clock.js';
import { seeded } from './support/random.js';
import { fakeKind } from './support/transport.js';
import { settle } from './support/wait.js';

/** @typedef {import('../src/types.js').Quote} Quote */
/** @typedef {import('../src/types.js').Envelope} Envelope */
/** @typedef {import('./support/random.js').Random} Random */

const symbols = ['AA', 'AB', 'ABC', 'B', 'BA'];
const wishes = [...symbols, '*', 'A*', 'AB*', 'B*'];

/** @param {FakeClock} clock */
async function connected(clock) {
  const { kind, last } = fakeKind();
  const client = new TickerClient('http://x', { transports: [kind], clock, decimals: 'string', storage: null, visibility: null });
  client.connect();
  await settle();
  last().welcome();
  return { client, transport: last() };
}

// Server is the obvious model of the other side: of each symbol the newest
// record, the trades that were not sent yet, and when it was sent last.
class Server {
  /** @type {Map<string, {quote: Quote, trades: string[], changed: boolean, sentAt: number}>} */
  #book = new Map();
  /** @type {Map<string, string[]>} All trades of a symbol. */
  traded = new Map();

  /**
   * @param {Random} random
   * @param {boolean} trade
   */
  change(random, trade) {
    const symbol = random.pick(symbols);
    const held = this.#book.get(symbol);
    const last = String(random.below(1000) / 10);
    const quote = { symbol, seq: (held?.quote.seq ?? 0) + 1, last, lastSize: '1.1' };
    const trades = trade ? [last] : [];
    this.#book.set(symbol, { quote, trades: [...(held?.trades ?? []), ...trades], changed: true, sentAt: held?.sentAt ?? -Infinity });
    this.traded.set(symbol, [...(this.traded.get(symbol) ?? []), ...trades]);
  }

  /**
   * frame sends what changed and is due.
   * @param {import('./support/transport.js').FakeTransport} transport
   * @param {number} now
   */
  frame(transport, now) {
    const entries = new Entries(transport.plan.keys());
    /** @type {Quote[]} */
    const quotes = [];
    for (const [symbol, held] of this.#book) {
      const terms = transport.plan.get(entries.of(symbol) ?? '');
      if (!terms || !held.changed || now < held.sentAt + terms.intervalMs) continue;
      quotes.push(terms.envelope ? { ...held.quote, envelope: envelopeOf(held.trades) } : { ...held.quote });
      Object.assign(held, { trades: [], changed: false, sentAt: now });
    }
    if (quotes.length > 0) transport.listener.quotes(quotes);
  }

  /** @param {string} symbol */
  newest(symbol) {
    return this.#book.get(symbol)?.quote;
  }
}

/**
 * @param {readonly string[]} trades
 * @returns {Envelope}
 */
function envelopeOf(trades) {
  if (trades.length === 0) return { trades: 0, volume: '0' };
  const sorted = [...trades].sort(compare);
  return {
    high: /** @type {string} */ (sorted.at(-1)), low: /** @type {string} */ (sorted[0]), trades: trades.length,
    volume: trades.reduce((sum) => add(sum, '1.1'), '0'),
  };
}

/**
 * summed adds up the envelopes that somebody was given.
 * @param {readonly Quote[]} quotes
 */
function summed(quotes) {
  const envelopes = quotes.flatMap(({ envelope }) => (envelope?.trades ? [envelope] : []));
  if (envelopes.length === 0) return envelopeOf([]);
  const highs = envelopes.map(({ high }) => String(high)).sort(compare);
  const lows = envelopes.map(({ low }) => String(low)).sort(compare);
  return {
    high: highs.at(-1), low: lows[0], trades: envelopes.reduce((sum, { trades }) => sum + trades, 0),
    volume: envelopes.reduce((sum, { volume }) => add(sum, volume), '0'),
  };
}

/**
 * @param {TickerClient} client
 * @param {Random} random
 * @param {FakeClock} clock
 */
function subscriber(client, random, clock) {
  const envelope = random.flip();
  const intervalMs = random.pick([20, 50, 200, 1000]);
  const names = random.some(wishes, 0.4);
  const subscription = client.subscribe(names.length > 0 ? names : ['*'], { interval: `${intervalMs}ms`, envelope });
  /** @type {Map<string, {quote: Quote, at: number}[]>} */
  const got = new Map(symbols.map((symbol) => [symbol, []]));
  subscription.on('quote', (quote) => got.get(quote.symbol)?.push({ quote, at: clock.now() }));
  return { subscription, envelope, intervalMs, got };
}

test('every one of overlapping subscriptions ends with the newest values, and its envelopes sum to all trades', () =>
  seeded(60, async (random) => {
    const clock = new FakeClock();
    const { client, transport } = await connected(clock);
    const server = new Server();
    const all = Array.from({ length: 1 + random.below(5) }, () => subscriber(client, random, clock));
    await settle();
    transport.grant();
    for (let step = 0; step < 260; step++) {
      if (step < 150 && random.flip(0.7)) server.change(random, random.flip(0.6));
      await clock.advance(10);
      server.frame(transport, clock.now());
    }
    await clock.advance(2000);
    for (const { subscription, envelope, intervalMs, got } of all) {
      for (const [symbol, records] of got) {
        const wanted = subscription.covers(symbol);
        const newest = records.at(-1)?.quote;
        expect(newest?.seq).toBe(wanted ? server.newest(symbol)?.seq : undefined);
        expect(newest?.last).toBe(wanted ? server.newest(symbol)?.last : undefined);
        if (wanted && envelope) expect(summed(records.map(({ quote }) => quote))).toEqual(envelopeOf(server.traded.get(symbol) ?? []));
        if (!envelope) expect(records.every(({ quote }) => !('envelope' in quote))).toBe(true);
        const gaps = records.slice(1).map(({ at }, i) => at - /** @type {{at: number}} */ (records[i]).at);
        expect(gaps.every((gap) => gap >= intervalMs)).toBe(true);
      }
    }
    client.disconnect();
    for (const { subscription } of all) subscription.unsubscribe();
    expect(clock.timers).toBe(0);
  }));

test('whoever iterates slowly finds the newest of each symbol, and the envelope of all that was conflated', () =>
  seeded(60, async (random) => {
    const clock = new FakeClock();
    const { client, transport } = await connected(clock);
    const server = new Server();
    const subscription = client.subscribe('*', { interval: '20ms', envelope: true });
    await settle();
    transport.grant();
    /** @type {Quote[]} */
    const got = [];
    const turns = subscription[Symbol.asyncIterator]();
    for (let step = 0; step < 200; step++) {
      server.change(random, random.flip());
      await clock.advance(20);
      server.frame(transport, clock.now());
      if (!random.flip(0.1)) continue;
      const { value } = await turns.next();
      expect(new Set(value.map((/** @type {Quote} */ { symbol }) => symbol)).size).toBe(value.length);
      got.push(...value);
    }
    await clock.advance(20);
    server.frame(transport, clock.now());
    subscription.unsubscribe();
    for await (const rest of turns) got.push(...rest);
    for (const symbol of symbols) {
      const records = got.filter((quote) => quote.symbol === symbol);
      expect(records.at(-1)?.seq).toBe(server.newest(symbol)?.seq);
      expect(summed(records)).toEqual(envelopeOf(server.traded.get(symbol) ?? []));
    }
    client.disconnect();
  }));

test('the service is asked for the terms that suit everybody', async () => {
  const { client, transport } = await connected(new FakeClock());
  client.subscribe('A*', { interval: '1s', fields: ['bid'], envelope: true });
  const fast = client.subscribe(['AB', 'B'], { interval: '50ms', fields: ['ask'], mode: 'delta' });
  client.subscribe('B', {});
  await settle();
  expect(transport.plan.get('AB')).toMatchObject({ intervalMs: 50, fields: ['ask', 'bid'], mode: 'delta', envelope: true });
  expect(transport.plan.get('A*')).toMatchObject({ intervalMs: 1000, fields: ['bid'], mode: 'full', envelope: true });
  expect(transport.plan.get('B')).toMatchObject({ intervalMs: 50, fields: null, mode: 'delta', envelope: false });
  fast.unsubscribe();
  await settle();
  expect([...transport.plan.keys()].sort()).toEqual(['A*', 'B']);
  expect(transport.plan.get('B')).toMatchObject({ intervalMs: 100, fields: null });
});

test('a subscription that joins is given the newest record at once', async () => {
  const { client, transport } = await connected(new FakeClock());
  client.subscribe('A*');
  await settle();
  transport.grant();
  transport.listener.quotes([{ symbol: 'AB', seq: 7, bid: '1' }]);
  /** @type {Quote[]} */
  const got = [];
  client.subscribe(['AB'], {}, (quotes) => got.push(...quotes));
  await settle();
  expect(got).toEqual([{ symbol: 'AB', seq: 7, bid: '1' }]);
  transport.listener.quotes([{ symbol: 'AB', seq: 7, bid: '1' }]);
  expect(got).toHaveLength(1);
});

test('a subscription to some fields hears of changes in these only, and of the status', async () => {
  const { client, transport } = await connected(new FakeClock());
  client.subscribe('A');
  /** @type {Quote[]} */
  const got = [];
  client.subscribe('A', { fields: ['bid'] }, (quotes) => got.push(...quotes));
  await settle();
  transport.grant();
  for (const more of [{ bid: '1' }, { bid: '1', ask: '5' }, { bid: '1', ask: '5', status: 'stale', reason: 'silent' }, { bid: '2' }]) {
    transport.listener.quotes([{ symbol: 'A', seq: got.length + 1, ...more }]);
  }
  expect(got.map(({ bid, status }) => [bid, status])).toEqual([['1', undefined], ['1', 'stale'], ['2', undefined]]);
});
