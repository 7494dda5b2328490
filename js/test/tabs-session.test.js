import { describe, expect, test } from 'vitest';
import { mergeEnvelopes } from '../src/envelope.js';
import { Entries } from '../src/entries.js';
import { PortSession } from '../src/port-session.js';
import { Upstream } from '../src/port-upstream.js';
import { makeTerms } from '../src/terms.js';
import { FakeClock } from './support/clock.js';
import { seeded } from './support/random.js';
import { fakeKind } from './support/transport.js';
import { settle } from './support/wait.js';

/** @typedef {import('../src/types.js').Plan} Plan */
/** @typedef {import('../src/types.js').Quote} Quote */
/** @typedef {import('../src/types.js').Envelope} Envelope */
/** @typedef {import('../src/port.js').Call} Call */
/** @typedef {import('./support/random.js').Random} Random */

const symbols = ['AAPL', 'MSFT', 'BTC-USD', 'BTC-EUR'];
const names = [...symbols, 'BTC-*', '*'];

// Tab is the page's end of a connection: it takes what it is sent when the test
// says so.
class Tab {
  /** @type {Call[][]} Batches that were sent and not taken. */
  inbox = [];
  /** @type {Call[]} Everything that was taken. */
  calls = [];
  closed = false;
  /** @type {((event: {data: any}) => void) | null} */
  onmessage = null;

  /** @param {Upstream} upstream */
  constructor(upstream) {
    this.session = new PortSession(/** @type {any} */ (this), upstream, null);
    upstream.join(this.session, '');
  }

  /** @param {{calls: Call[]}} message */
  postMessage(message) {
    this.inbox.push(structuredClone(message).calls);
  }

  close() {
    this.closed = true;
  }

  /** @param {object} data */
  say(data) {
    this.onmessage?.({ data });
  }

  /** take takes the batch that waits, and acknowledges it. */
  take() {
    const calls = this.inbox.shift();
    if (!calls) return [];
    this.calls.push(...calls);
    this.say({ type: 'ack' });
    return calls;
  }

  /** @param {Call['0']} name */
  taken(name) {
    return this.calls.filter(([called]) => called === name).map(([, argument]) => /** @type {any} */ (argument));
  }

  get quotes() {
    return this.taken('quotes').flat();
  }
}

/** @param {Partial<import('../src/types.js').Terms>} [terms] */
function terms(terms = {}) {
  return makeTerms({ intervalMs: 100, fields: null, mode: 'full', envelope: false, ...terms });
}

async function rig() {
  const clock = new FakeClock();
  const { kind, last } = fakeKind();
  const upstream = new Upstream('http://127.0.0.1:1', { transports: [kind], clock, minReconnectDelay: 1000, random: () => 1 });
  /** @param {string} [epoch] */
  const connect = async (epoch) => {
    await settle();
    last().welcome(epoch);
    await settle();
  };
  return { clock, upstream, connect, server: last, tab: () => new Tab(upstream) };
}

/**
 * @param {string} symbol
 * @param {number} seq
 * @param {object} [more]
 */
function quote(symbol, seq, more = {}) {
  return { symbol, seq, last: `${seq}.5`, ...more };
}

/** @param {number} price */
function trade(price) {
  return { high: `${price}`, low: `${price}`, trades: 1, volume: '0.1' };
}

describe('a tab that is slow', () => {
  test('is sent no more until it has taken what it was sent, and then the newest', async () => {
    const { connect, server, tab, clock } = await rig();
    const slow = tab();
    slow.say({ type: 'want', plan: new Map([['AAPL', terms()]]) });
    await connect();
    for (let seq = 1; seq <= 1000; seq++) {
      server().listener.quotes([quote('AAPL', seq)]);
      await clock.advance(10);
    }
    expect(slow.inbox).toHaveLength(1);
    slow.take();
    await settle();
    expect(slow.take().find(([name]) => name === 'quotes')?.[1]).toEqual([quote('AAPL', 1000, { status: 'live' })]);
    await settle();
    expect(slow.inbox).toEqual([]);
  });

  test('is told a bounded number of notices', async () => {
    const { connect, server, tab } = await rig();
    const slow = tab();
    await connect();
    for (let i = 0; i < 10_000; i++) server().listener.notice('rate_limited', `${i}`);
    while (slow.inbox.length > 0) {
      slow.take();
      await settle();
    }
    expect(slow.taken('notice').length).toBeLessThan(300);
  });

  test('ends in the same state as a model, and its envelopes sum to the whole', async () => {
    await seeded(150, async (random) => {
      const { connect, upstream, server, tab, clock } = await rig();
      const models = [1, 2, 3].map(() => new Model(tab()));
      await connect();
      let seq = 0;
      for (let step = 0; step < 60; step++) {
        const model = random.pick(models);
        if (random.flip(0.1)) model.want(randomPlan(random));
        else if (random.flip(0.3)) model.take();
        else if (random.flip(0.3)) await clock.advance(random.below(400));
        else if (random.flip(0.1)) server().grant();
        else {
          const sent = random.some(symbols).map((symbol) => quote(symbol, ++seq, { envelope: trade(random.below(100)) }));
          const wanted = new Entries(server().plan.keys());
          for (const each of models) each.sent(sent.filter(({ symbol }) => wanted.of(symbol) !== undefined));
          server().listener.quotes(sent);
        }
        await settle();
        for (const { tab } of models) expect(tab.inbox.length).toBeLessThanOrEqual(1);
      }
      await drained(models, clock);
      for (const model of models) model.check();
      expect(upstream.fastestMs).toBeGreaterThan(0);
    });
  });
});

/**
 * @param {readonly Model[]} models
 * @param {FakeClock} clock
 */
async function drained(models, clock) {
  await clock.advance(10_000);
  while (models.some((model) => model.take())) await settle();
}

/**
 * @param {Random} random
 * @returns {Plan}
 */
function randomPlan(random) {
  return new Map(random.some(names).map((name) => [name, terms({
    intervalMs: random.pick([50, 100, 1000, 5000]), envelope: random.flip(0.7), mode: random.pick(['full', 'delta']),
  })]));
}

// Model says slowly and plainly what a tab has to have in the end.
class Model {
  /** @type {Plan} */
  #plan = new Map();
  /** @type {Map<string, Quote>} */
  #newest = new Map();
  /** @type {Map<string, Envelope>} What each symbol traded since its envelope is wanted. */
  #traded = new Map();
  /** @type {Map<string, Quote>} */
  #got = new Map();
  /** @type {Map<string, Envelope>} */
  #gotTraded = new Map();

  /** @param {Tab} tab */
  constructor(tab) {
    this.tab = tab;
  }

  /** @param {string} symbol */
  #terms(symbol) {
    return this.#plan.get(new Entries(this.#plan.keys()).of(symbol) ?? '');
  }

  /** @param {Plan} plan */
  want(plan) {
    // What waits for a symbol that is no longer wanted is not sent.
    this.take();
    this.#plan = plan;
    this.tab.say({ type: 'want', plan });
    for (const symbol of symbols) {
      const wanted = this.#terms(symbol);
      if (!wanted) for (const map of [this.#newest, this.#got]) map.delete(symbol);
      if (!wanted?.envelope) for (const map of [this.#traded, this.#gotTraded]) map.delete(symbol);
    }
  }

  /** @param {readonly any[]} quotes */
  sent(quotes) {
    for (const { envelope, ...quote } of quotes) {
      const wanted = this.#terms(quote.symbol);
      if (!wanted) continue;
      this.#newest.set(quote.symbol, quote);
      if (wanted.envelope) this.#traded.set(quote.symbol, merged(this.#traded.get(quote.symbol), envelope));
    }
  }

  take() {
    const calls = this.tab.take();
    for (const [name, quotes] of calls) {
      if (name !== 'quotes') continue;
      expect(new Set(quotes.map(({ symbol }) => symbol)).size).toBe(quotes.length);
      for (const { envelope, ...quote } of quotes) this.#receive(quote, envelope);
    }
    return calls.length > 0;
  }

  /**
   * @param {Quote} quote
   * @param {Envelope | undefined} envelope
   */
  #receive(quote, envelope) {
    const wanted = this.#terms(quote.symbol);
    if (!wanted) return;
    expect(quote.seq).toBeGreaterThanOrEqual(this.#got.get(quote.symbol)?.seq ?? 0);
    this.#got.set(quote.symbol, quote);
    if (wanted.envelope && envelope) this.#gotTraded.set(quote.symbol, merged(this.#gotTraded.get(quote.symbol), envelope));
  }

  check() {
    for (const [symbol, { seq }] of this.#newest) expect([symbol, this.#got.get(symbol)?.seq]).toEqual([symbol, seq]);
    expect(Object.fromEntries(this.#gotTraded)).toEqual(Object.fromEntries(this.#traded));
  }
}

/**
 * @param {Envelope | undefined} sum
 * @param {Envelope} more
 */
function merged(sum, more) {
  return /** @type {Envelope} */ (mergeEnvelopes(sum, more));
}
