import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TickerClient } from '../src/client.js';
import { SharedClient } from '../src/pool-handle.js';
import { sharedClient } from '../src/pool.js';
import { fakeKind } from './support/transport.js';
import { settle } from './support/wait.js';

const url = 'http://127.0.0.1:1/';

/** @type {ReturnType<typeof fakeKind>} */
let fake;
/** @type {SharedClient[]} */
let handles;

beforeEach(() => {
  vi.useFakeTimers();
  fake = fakeKind();
  handles = [];
});

afterEach(() => {
  for (const handle of handles) handle.release();
  vi.runAllTimers();
  vi.useRealTimers();
});

/** @param {Parameters<typeof sharedClient>[1]} [options] */
function share(options = {}) {
  const handle = sharedClient(url, { transports: [fake.kind], ...options });
  handles.push(handle);
  return handle;
}

async function connected() {
  const [a, b] = [share(), share()];
  await settle();
  fake.last().welcome();
  await settle();
  return { a, b };
}

describe('components of a page', () => {
  test('share a client if they ask for the same', async () => {
    const { a, b } = await connected();
    expect(fake.made).toHaveLength(1);
    expect([a.state, b.state, a.session, b.epoch]).toEqual(['connected', 'connected', 's', 'e1']);
  });

  test.each([
    ['another token', { token: 'other' }],
    ['another way to get one', { getToken: async () => 'other' }],
    ['another option', { decimals: /** @type {const} */ ('string') }],
  ])('have clients of their own if they ask for %s', async (_, options) => {
    share();
    share(options);
    share(options);
    await settle();
    expect(fake.made).toHaveLength(2);
  });

  test('are told of one address however it is written', () => {
    const options = { transports: [fake.kind] };
    for (const written of ['http://127.0.0.1:1', 'ws://127.0.0.1:1/', url]) handles.push(sharedClient(written, options));
    handles[0]?.release();
    handles[1]?.release();
    vi.runAllTimers();
    expect(handles[2]?.state).toBe('connecting');
    handles[2]?.release();
    vi.runAllTimers();
  });

  test('end only what is theirs', async () => {
    const { a, b } = await connected();
    const listener = vi.fn();
    for (const handle of [a, b]) {
      handle.on('quotes', listener);
      handle.once('notice', listener);
    }
    const [inA, inB] = [vi.fn(), vi.fn()];
    const theirs = a.subscribe(['AAPL', 'MSFT'], {}, inA);
    b.subscribe('AAPL', {}, inB);
    await settle();
    a.release();
    await settle();
    expect(theirs.closed).toBe(true);
    expect([...fake.last().plan.keys()]).toEqual(['AAPL']);
    fake.last().listener.quotes([{ symbol: 'AAPL', seq: 1, last: '1' }]);
    fake.last().listener.notice('rate_limited', 'slow down');
    expect(inA).not.toHaveBeenCalled();
    expect(inB).toHaveBeenCalledTimes(1);
    expect(listener.mock.calls).toEqual([[[expect.objectContaining({ symbol: 'AAPL' })]], [{ code: 'rate_limited', message: 'slow down' }]]);
    expect(b.state).toBe('connected');
  });

  test('leave nothing behind, however often they come and go', async () => {
    const { a: first } = await connected();
    const on = vi.spyOn(TickerClient.prototype, 'on');
    const off = vi.spyOn(TickerClient.prototype, 'off');
    for (let i = 0; i < 100; i++) {
      const handle = share();
      handle.on('quotes', () => {});
      handle.once('stale', () => {});
      handle.subscribe(`SYM${i}`).unsubscribe();
      handle.subscribe(`SYM${i}`);
      await settle();
      handle.release();
    }
    await settle();
    expect(off).toHaveBeenCalledTimes(on.mock.calls.length);
    expect(fake.last().plan.size).toBe(0);
    expect(first.state).toBe('connected');
    vi.restoreAllMocks();
  });

  test('can take listeners off again', async () => {
    const { a } = await connected();
    const listener = vi.fn();
    a.on('notice', listener)();
    a.on('notice', listener);
    a.off('notice', listener);
    a.once('notice', listener);
    for (const message of ['1', '2']) fake.last().listener.notice('code', message);
    expect(listener.mock.calls).toEqual([[{ code: 'code', message: '1' }]]);
  });

  test('keep the connection for a while after the last of them', async () => {
    const { a, b } = await connected();
    a.release();
    a.release();
    vi.advanceTimersByTime(5000);
    expect(b.state).toBe('connected');
    b.disconnect();
    vi.advanceTimersByTime(999);
    const c = share();
    vi.advanceTimersByTime(5000);
    expect(c.state).toBe('connected');
    c.release();
    vi.advanceTimersByTime(1000);
    expect(fake.last().closed).toBe(true);
    expect(fake.made).toHaveLength(1);
  });

  test('cannot use what they released', async () => {
    const { a } = await connected();
    a.release();
    expect([a.state, a.transport, a.session]).toEqual(['closed', '', '']);
    expect(() => a.subscribe('AAPL')).toThrow(expect.objectContaining({ code: 'closed' }));
    expect(() => a.on('quotes', () => {})).toThrow(expect.objectContaining({ code: 'closed' }));
  });

  test('try again what had given up', async () => {
    const { a, b } = await connected();
    fake.last().end({ verdict: 'final', errorCode: 'forbidden' });
    expect([a.state, b.state]).toEqual(['closed', 'closed']);
    const c = share();
    await settle();
    expect([a.state, c.state]).toEqual(['connecting', 'connecting']);
  });
});

test('a handle has all that a client has', async () => {
  const { a } = await connected();
  const client = new TickerClient(url);
  const missing = [...members(client)].filter((name) => !(name in a));
  expect(missing).toEqual([]);
  expect(members(client).has('on') && members(client).has('subscribe')).toBe(true);
});

/**
 * members returns the names of what an object has by its classes.
 * @param {object} object
 * @returns {Set<string>}
 */
function members(object) {
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Object.prototype) return new Set();
  return new Set([...Object.getOwnPropertyNames(prototype), ...members(prototype)]);
}
