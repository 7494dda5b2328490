import { expect, test } from 'vitest';

import { Bucket } from '../src/bucket.js';
import { Calls } from '../src/calls.js';
import { TickerError } from '../src/errors.js';
import { Queue } from '../src/queue.js';
import { asHTTP, asMessage } from '../src/requests.js';
import { FakeClock } from './support/clock.js';
import { settle } from './support/wait.js';

const request = { kind: 'symbols', params: {} };

/** @returns {{send: () => Promise<unknown>, answer: ((value?: unknown) => void)[]}} */
function answering() {
  /** @type {((value?: unknown) => void)[]} */
  const answer = [];
  return { answer, send: () => new Promise((resolve) => answer.push(resolve)) };
}

test('requests wait for a connection, up to a bound, and few are under way at once', async () => {
  const queue = new Queue(10);
  const results = Array.from({ length: 11 }, () => queue.push(request).catch((error) => error.code));
  expect(await results[10]).toBe('queue_full');
  const { send, answer } = answering();
  queue.open(send);
  expect(answer).toHaveLength(8);
  answer[0]?.('first');
  expect(await results[0]).toBe('first');
  await settle();
  expect(answer).toHaveLength(9);
});

test('a request that waits can be aborted, and makes room', async () => {
  const queue = new Queue(1);
  const controller = new AbortController();
  const first = queue.push(request, controller.signal).catch((error) => error.code);
  controller.abort();
  expect(await first).toBe('aborted');
  const second = queue.push(request);
  queue.open(async () => 'answer');
  expect(await second).toBe('answer');
  await expect(queue.push(request, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
});

test('what a former connection had under way does not count on the next', async () => {
  const queue = new Queue(20);
  const before = answering();
  queue.open(before.send);
  for (let i = 0; i < 8; i++) void queue.push(request);
  queue.pause();
  const after = answering();
  queue.open(after.send);
  for (let i = 0; i < 10; i++) void queue.push(request);
  for (const answer of before.answer) answer();
  await settle();
  expect(after.answer).toHaveLength(8);
});

test('a closed queue rejects, until it is opened again', async () => {
  const queue = new Queue(5);
  const waiting = queue.push(request);
  queue.close(new TickerError('disconnected', 'gone'));
  await expect(waiting).rejects.toMatchObject({ code: 'disconnected' });
  await expect(queue.push(request)).rejects.toMatchObject({ code: 'disconnected' });
  queue.reopen();
  queue.open(async () => 1);
  await expect(queue.push(request)).resolves.toBe(1);
});

test('a call ends with its answer, its time, its abort, or the connection', async () => {
  const clock = new FakeClock();
  const calls = new Calls(clock, 1000);
  /** @type {string[]} */
  const ids = [];
  const send = (/** @type {string} */ id) => void ids.push(id);
  const controller = new AbortController();
  const ends = [calls.make(send), calls.make(send), calls.make(send, controller.signal), calls.make(send)].map((call) =>
    call.catch((/** @type {TickerError} */ error) => error.code),
  );
  calls.answer(String(ids[0]), 'yes');
  expect(calls.fail(String(ids[1]), new TickerError('bad_request', 'no'))).toBe(true);
  controller.abort();
  await clock.advance(1000);
  expect(await Promise.all(ends)).toEqual(['yes', 'bad_request', 'aborted', 'timeout']);
  const last = calls.make(send).catch((/** @type {TickerError} */ error) => error.code);
  calls.failAll(new TickerError('disconnected', 'gone'));
  expect(await last).toBe('disconnected');
  expect(calls.fail('1', new TickerError('x', 'late'))).toBe(false);
  expect(clock.timers).toBe(0);
});

test('what is sent keeps to the rate, in its order', async () => {
  const clock = new FakeClock();
  const bucket = new Bucket(clock, 10, 3);
  /** @type {number[]} */
  const sent = [];
  for (let i = 0; i < 10; i++) bucket.take(() => sent.push(i));
  expect(sent).toEqual([0, 1, 2]);
  await clock.advance(200);
  expect(sent).toEqual([0, 1, 2, 3, 4]);
  await clock.advance(10_000);
  expect(sent).toHaveLength(10);
  for (let i = 0; i < 10; i++) bucket.take(() => sent.push(i));
  expect(sent).toHaveLength(13);
  bucket.close();
  await clock.advance(10_000);
  expect(sent).toHaveLength(13);
});

test('a request is a message of the protocol, and where there is a route one of HTTP', () => {
  expect(asMessage({ kind: 'history', params: { symbol: 'A' } })).toEqual({ type: 'query', resource: 'history', params: { symbol: 'A' } });
  expect(asMessage({ kind: 'publish', params: { quotes: [1] } })).toEqual({ type: 'command', action: 'publish', quotes: [1] });
  expect(asHTTP({ kind: 'candles', params: { symbol: 'BTC/USD', step: '1m' } })).toEqual({
    method: 'GET', route: 'v1/candles/BTC%2FUSD', query: { step: '1m' },
  });
  expect(() => asHTTP({ kind: 'session', params: {} })).toThrow(expect.objectContaining({ code: 'unavailable' }));
  expect(() => asMessage({ kind: 'constructor', params: {} })).toThrow(expect.objectContaining({ code: 'bad_request' }));
});
