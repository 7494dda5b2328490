import { expect, test } from 'vitest';

import { TickerClient } from '../src/client.js';
import { makeTerms } from '../src/terms.js';
import { Verdicts } from '../src/verdicts.js';
import { FakeClock } from './support/clock.js';
import { fakeKind } from './support/transport.js';
import { settle } from './support/wait.js';

/** @typedef {import('../src/types.js').SubscribeOptions} SubscribeOptions */

async function connected() {
  const { kind, last } = fakeKind();
  const client = new TickerClient('http://x', {
    transports: [kind], clock: new FakeClock(), decimals: 'string', storage: null, visibility: null,
  });
  client.connect();
  await settle();
  const transport = last();
  transport.welcome();
  return {
    client, transport,
    /** @param {Omit<import('../src/types.js').Quote, 'symbol'>} record of A */
    sends: (record) => transport.listener.quotes([{ symbol: 'A', ...record }]),
    status: () => client.quote('A')?.status ?? 'live',
  };
}

/** @type {SubscribeOptions['mode'][]} */
const modes = ['full', 'delta'];

test.each(modes)('a symbol that is live again is shown live with its mode %s', async (mode) => {
  const { client, transport, sends, status } = await connected();
  client.subscribe('A', { mode });
  await settle();
  transport.grant();
  sends({ seq: 1, bid: '1', status: 'stale', reason: 'disconnected' });
  expect(status()).toBe('stale');
  sends({ seq: 2, bid: '2', ...(mode === 'delta' && { status: 'live' }) });
  expect(client.quote('A')).toMatchObject({ seq: 2, bid: '2' });
  expect([status(), client.quote('A')?.reason]).toEqual(['live', undefined]);
});

test.each(['*', 'A'])('until a subscribe is granted, and if it is refused, records come on the terms of %s as before', async (before) => {
  const { client, transport, sends, status } = await connected();
  client.subscribe(before);
  await settle();
  transport.grant();
  client.subscribe('A', { mode: 'delta' }).on('error', () => {});
  await settle();
  sends({ seq: 1, bid: '1', status: 'stale', reason: 'disconnected' });
  sends({ seq: 2, bid: '2' });
  expect(status()).toBe('live');
  transport.listener.refused(['A'], 'too_many_symbols', 'no room');
  sends({ seq: 3, bid: '3', status: 'stale', reason: 'disconnected' });
  sends({ seq: 4, bid: '4' });
  expect(status()).toBe('live');
  transport.grant();
  sends({ seq: 5, bid: '5', status: 'stale', reason: 'disconnected' });
  sends({ seq: 6, bid: '6' });
  expect(status()).toBe('stale');
});

test('a name that is rejected leaves its symbol to the terms of the longest pattern', async () => {
  const { client, transport, sends, status } = await connected();
  /** @param {string} name @param {string} [code] */
  const judge = (name, code) => {
    const terms = /** @type {import('../src/types.js').Terms} */ (transport.plan.get(name));
    const rejected = new Map(code ? [[name, code]] : []);
    transport.listener.granted({ plan: new Map([[name, terms]]), inForce: terms, pending: new Set(), rejected });
  };
  client.subscribe('*');
  client.subscribe('A', { mode: 'delta' });
  await settle();
  judge('*');
  judge('A', 'too_many_symbols');
  sends({ seq: 1, bid: '1', status: 'stale', reason: 'disconnected' });
  sends({ seq: 2, bid: '2' });
  expect(status()).toBe('live');
  client.subscribe('A*', { mode: 'delta' });
  await settle();
  judge('A*');
  sends({ seq: 3, bid: '3', status: 'stale', reason: 'disconnected' });
  sends({ seq: 4, bid: '4' });
  expect(status()).toBe('stale');
});

test('what a name was granted ends when it leaves, and with the session', () => {
  const full = makeTerms({ intervalMs: 100, fields: null, mode: 'full', envelope: false });
  const delta = makeTerms({ ...full, mode: 'delta' });
  const verdicts = new Verdicts();
  const wanted = { entry: 'A', terms: full };
  const grant = () => verdicts.granted({ plan: new Map([['A', delta]]), inForce: delta, pending: new Set(), rejected: new Map() });
  grant();
  expect(verdicts.terms('A', wanted)).toBe(delta);
  verdicts.retain(new Map());
  expect(verdicts.terms('A', wanted)).toBe(full);
  grant();
  verdicts.clear();
  expect(verdicts.terms('A', wanted)).toBe(full);
});
