import { expect, test } from 'vitest';

import {
  clean, covers, durationMs, explainClose, formatDuration, isName, judgeClose, parseMessage,
} from '../src/protocol.js';
import { readQuote, show, showCandle } from '../src/quote.js';
import { readWelcome } from '../src/welcome.js';
import { seeded } from './support/random.js';

test('decimals keep the digits that were sent', () => {
  const message = parseMessage('{"quotes":[{"symbol":"A","seq":1,"bid":0.10,"volume": 12345678901234567890.5,"low":-1E-8}]}');
  expect(message['quotes'][0]).toEqual({ symbol: 'A', seq: 1, bid: '0.10', volume: '12345678901234567890.5', low: '-1E-8' });
});

test('what looks like a decimal inside of a text stays a text', () => {
  expect(parseMessage(String.raw`{"message":"\"bid\":1.0 and \"ask\": 2"}`)['message']).toBe('"bid":1.0 and "ask": 2');
});

test('numbers are given as numbers only if that is asked for', () => {
  const quote = /** @type {import('../src/types.js').Quote} */ (readQuote({ symbol: 'A', seq: 1, bid: '0.10' }));
  const envelope = { high: '2.0', low: '1.0', trades: 2, volume: '30' };
  expect(show(quote, envelope, 'number')).toEqual({
    symbol: 'A', seq: 1, bid: 0.1, envelope: { high: 2, low: 1, trades: 2, volume: 30 },
  });
  expect(show(quote, undefined, 'string').bid).toBe('0.10');
  expect(showCandle({ ts: 1, open: '1', high: '2', low: '1', close: '1.5', volume: '3', trades: 1, x: 1 }, 'number')).toEqual({
    ts: 1, open: 1, high: 2, low: 1, close: 1.5, volume: 3, trades: 1,
  });
});

test('durations are read and written as the protocol does', () => {
  const known = { '250ms': 250, '1.7s': 1700, '1m30s': 90_000, '2h': 7_200_000, '500µs': 0.5, '500us': 0.5, '1000ns': 0.001 };
  for (const [text, ms] of Object.entries(known)) expect(durationMs(text)).toBeCloseTo(ms, 9);
  for (const text of ['', 'fast', '1', '-1s', '1s ', '1e9s', '1d', '9'.repeat(99) + 's', 5, null]) expect(durationMs(text)).toBe(0);
  for (const ms of [20, 250, 999.5, 1000, 1500, 60_000]) expect(durationMs(formatDuration(ms))).toBe(ms);
});

test('a close code says whether to come back', () => {
  for (const code of [1001, 1006, 1011, 1013, 4008, 3000]) expect(judgeClose(code)).toBe('lost');
  for (const code of [1002, 1003, 1007, 1008, 1009, 4103]) expect(judgeClose(code)).toBe('final');
  expect(judgeClose(4001)).toBe('expired');
  expect(judgeClose(4101)).toBe('unauthorized');
  expect(explainClose(1013, 'later\u202e')).toBe('the server is overloaded (1013): later\uFFFD');
});

test('patterns cover names and longer patterns', () => {
  expect(covers('BTC-*', 'BTC-USD')).toBe(true);
  expect(covers('B*', 'BTC-*')).toBe(true);
  expect(covers('*', 'A')).toBe(true);
  expect(covers('BTC-*', 'BTC')).toBe(false);
  expect(covers('BTC', 'BTC-USD')).toBe(false);
  for (const name of ['A', 'BTC-USD', 'BTC/USD', '*', 'A'.repeat(32), `${'A'.repeat(31)}*`]) expect(isName(name)).toBe(true);
  for (const name of ['', 'a', 'A,B', 'A*B', '**', 'A'.repeat(33), 'A B']) expect(isName(name)).toBe(false);
});

test('text from outside is bounded and without control characters', () => {
  expect(clean('a\u001b[2Jb\u202e')).toBe('a\uFFFD[2Jb\uFFFD');
  expect(clean('x'.repeat(999), 10)).toHaveLength(10);
  expect(clean(undefined)).toBe('');
});

test('a record with a field that makes no sense is no record', () => {
  const good = { symbol: 'A', seq: 1 };
  expect(readQuote({ ...good, unknown: 1 })).toEqual(good);
  const bad = [
    null, 'A', [], {}, { seq: 1 }, { symbol: '', seq: 1 }, { symbol: 'A' }, { symbol: 'A', seq: '1' }, { symbol: 'A', seq: 1.5 },
    { ...good, bid: 'NaN' }, { ...good, bid: {} }, { ...good, bid: null }, { ...good, ts: 'now' }, { ...good, status: 1 },
    { ...good, source: 'x'.repeat(999) }, { ...good, envelope: 1 }, { ...good, envelope: { trades: -1, volume: '1' } },
    { ...good, envelope: { trades: 1, volume: '1' } },
  ];
  for (const raw of bad) expect(readQuote(raw)).toBeNull();
});

test('a key named __proto__ reaches no prototype', () => {
  const raw = parseMessage('{"symbol":"A","seq":1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
  const quote = /** @type {any} */ (readQuote(raw));
  const shown = /** @type {any} */ (show({ ...quote }, undefined, 'number'));
  const welcome = /** @type {any} */ (readWelcome(parseMessage('{"limits":{"__proto__":{"polluted":1},"symbols":5}}')));
  expect([quote.polluted, shown.polluted, welcome.limits.polluted, /** @type {any} */ ({}).polluted]).toEqual(Array(4).fill(undefined));
  expect(Object.getPrototypeOf(quote)).toBe(Object.prototype);
  expect(welcome.limits.symbols).toBe(5);
});

test('a welcome that makes no sense is taken as usual', () => {
  for (const raw of [{}, { heartbeat: 'x', interval: 5, limits: [] }, { heartbeat: null, limits: { symbols: 'many' } }]) {
    expect(readWelcome(raw)).toMatchObject({ session: '', epoch: '', heartbeatMs: 15_000, interval: { default: '100ms' } });
  }
  expect(readWelcome({ heartbeat: '1ms' }).heartbeatMs).toBe(500);
  expect(readWelcome({ heartbeat: '100h' }).heartbeatMs).toBe(300_000);
});

test('whatever is sent, reading it fails in one way only', () =>
  seeded(2000, (random) => {
    const seed = '{"type":"event","channel":"quotes","cursor":"e.1","quotes":[{"symbol":"A","seq":1,"bid":1.50,"ts":2}]}';
    let text = seed;
    for (let change = 0; change <= random.below(4); change++) {
      const at = random.below(text.length + 1);
      const junk = random.pick(['', '"', '{', '[', '\\', '\u0000', '1e999', 'null', '__proto__', '\ud800', '"bid":', '-']);
      text = text.slice(0, at) + junk + text.slice(at + random.below(6));
    }
    try {
      const message = parseMessage(text);
      for (const raw of Array.isArray(message['quotes']) ? message['quotes'] : []) readQuote(raw);
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
    }
    expect(/** @type {any} */ ({}).polluted).toBeUndefined();
  }));
