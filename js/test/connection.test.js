import { expect, test } from 'vitest';

import { TickerClient } from '../src/client.js';
import { makeTerms } from '../src/terms.js';
import { FakeClock } from './support/clock.js';
import { fakeKind } from './support/transport.js';
import { settle } from './support/wait.js';

/** @typedef {import('../src/settings.js').ClientOptions} ClientOptions */

/** @param {unknown} body */
function answering(body, status = 200, headers = {}) {
  return async () => new Response(JSON.stringify(body), { status, headers });
}

const up = answering({ symbols: [] });
const down = async () => {
  throw new TypeError('fetch failed');
};

/** @param {ClientOptions} [options] */
function make(options = {}) {
  const clock = new FakeClock();
  const { kind, made, last } = fakeKind();
  const client = new TickerClient('http://x', {
    transports: [kind], clock, random: () => 1, storage: null, visibility: null, fetch: /** @type {any} */ (down), ...options,
  });
  /** @type {string[]} */
  const states = [];
  /** @type {import('../src/errors.js').TickerError[]} */
  const errors = [];
  client.on('state', ({ state }) => states.push(state));
  client.on('error', (error) => errors.push(error));
  return { client, clock, made, last, states, errors };
}

/** @param {ClientOptions} [options] */
async function connected(options) {
  const made = make(options);
  made.client.connect();
  await settle();
  made.last().welcome();
  return made;
}

test('waits grow, are drawn up to the longest, and are short again after a good session', async () => {
  const { client, clock, made, last } = await connected({ maxReconnectDelay: 2000 });
  /** @type {number[]} */
  const waits = [];
  client.on('disconnected', ({ retryAt }) => waits.push(Number(retryAt) - clock.now()));
  await clock.advance(6000);
  for (let attempt = 1; attempt <= 6; attempt++) {
    last().end();
    await settle();
    await clock.advance(2000);
    expect(made).toHaveLength(attempt + 1);
  }
  last().welcome();
  await clock.advance(6000);
  last().end();
  await settle();
  expect(waits).toEqual([250, 500, 1000, 2000, 2000, 2000, 250]);
  client.disconnect();
  expect(clock.timers).toBe(0);
});

test('a wait that the service asks for is kept, up to the longest', async () => {
  const { client, clock, last } = await connected({ maxReconnectDelay: 5000 });
  /** @type {number[]} */
  const waits = [];
  client.on('disconnected', ({ retryAt }) => waits.push(Number(retryAt) - clock.now()));
  last().end({ retryAfterMs: 1700 });
  await clock.advance(1700);
  last().welcome();
  last().end({ retryAfterMs: 60_000 });
  await settle();
  expect(waits).toEqual([1700, 5000]);
});

test('a close that forbids to come back is one clear error, and the end', async () => {
  const { client, clock, made, last, states, errors } = await connected();
  last().end({ code: 1008, reason: 'against the server’s policy (1008)', verdict: 'final' });
  await clock.advance(60_000);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ code: 'closed', fatal: true, closeCode: 1008 });
  expect(states).toEqual(['connecting', 'connected', 'closed']);
  expect(made).toHaveLength(1);
  await expect(client.symbols()).rejects.toMatchObject({ code: 'disconnected' });
  client.connect();
  await settle();
  expect(made).toHaveLength(2);
});

test('silence is told as late, ends as lost, and any sign of life ends the lateness', async () => {
  const { client, clock, made, last, states } = await connected();
  expect(last().probes).toBe(1);
  await clock.advance(19_000);
  expect(client.state).toBe('late');
  last().listener.heard();
  expect(client.state).toBe('connected');
  await clock.advance(32_000);
  expect(states).toEqual(['connecting', 'connected', 'late', 'connected', 'late', 'disconnected', 'connecting']);
  expect(made[0]?.closed).toBe(true);
  last().listener.heard();
  await settle();
  expect(client.state).toBe('connecting');
  expect(made).toHaveLength(2);
});

test('after a sleep the silence is seen at once, and nothing is waited for', async () => {
  const page = new FakePage();
  const { clock, states } = await connected({ visibility: page });
  const asleep = clock.now() + 3_600_000;
  clock.now = () => asleep;
  page.turn(false);
  expect(states).toEqual(['connecting', 'connected', 'disconnected', 'connecting']);
});

test('a page that is shown does not wait for a retry', async () => {
  const page = new FakePage();
  const { made, last } = await connected({ visibility: page });
  last().end();
  await settle();
  page.turn(false);
  await settle();
  expect(made).toHaveLength(2);
});

class FakePage {
  hidden = false;
  /** @type {Set<() => void>} */
  listeners = new Set();

  /** @param {string} _
   * @param {() => void} listener */
  addEventListener(_, listener) {
    this.listeners.add(listener);
  }

  /** @param {string} _
   * @param {() => void} listener */
  removeEventListener(_, listener) {
    this.listeners.delete(listener);
  }

  /** @param {boolean} hidden */
  turn(hidden) {
    this.hidden = hidden;
    for (const listener of this.listeners) listener();
  }
}

test('a hidden page asks for a longer interval, but where a subscription says otherwise', async () => {
  const page = new FakePage();
  const { client, last } = await connected({ visibility: page, hiddenInterval: '5s' });
  client.subscribe('A', { interval: '50ms' });
  client.subscribe('B', { interval: '50ms', hiddenInterval: null });
  client.subscribe('C', { interval: '1m', hiddenInterval: '2s' });
  const asked = () => ['A', 'B', 'C'].map((name) => last().plan.get(name)?.intervalMs);
  page.turn(true);
  await settle();
  expect(asked()).toEqual([5000, 50, 60_000]);
  page.turn(false);
  await settle();
  expect(asked()).toEqual([50, 50, 60_000]);
  client.disconnect();
  expect(page.listeners.size).toBe(0);
});

test('unreadable messages are told and do not end the session, until there are too many', async () => {
  const { client, last, errors } = await connected();
  for (let i = 0; i < 8; i++) last().listener.garbage('what');
  expect(client.state).toBe('connected');
  last().listener.garbage('what');
  await settle();
  expect(client.state).toBe('disconnected');
  expect(errors).toHaveLength(9);
  expect(errors.every(({ fatal, code }) => !fatal && code === 'bad_message')).toBe(true);
});

test('a server that sends less often, and does no longer, is told of once', async () => {
  const { client, clock, last } = await connected();
  /** @type {string[]} */
  const notices = [];
  client.on('notice', ({ code, message }) => notices.push(`${code}: ${message}`));
  for (const factor of [1, 1, 2, 2, 4, 1, 1]) last().listener.widened(factor);
  expect(notices).toEqual([
    'overloaded: the server is overloaded: quotes come 2 times less often',
    'overloaded: the server is overloaded: quotes come 4 times less often',
    'overloaded: the server is no longer overloaded',
  ]);
  // A session begins as if it was not.
  last().listener.widened(8);
  last().end();
  await settle();
  await clock.advance(60_000);
  last().welcome();
  last().listener.widened(1);
  expect(notices).toHaveLength(4);
});

test('a token is asked for to connect, when it expires, and once when it is refused', async () => {
  /** @type {string[]} */
  const reasons = [];
  const { clock, last, errors, client } = await connected({
    fetch: /** @type {any} */ (up),
    getToken: async ({ reason }) => {
      reasons.push(reason);
      return `t${reasons.length}`;
    },
  });
  expect(last().around.token).toBe('t1');
  last().listener.expiring();
  await settle();
  expect(last().tokens).toEqual(['t2']);
  last().end({ code: 4001, verdict: 'expired' });
  await clock.advance(1000);
  expect(last().around.token).toBe('t3');
  last().welcome();
  last().end({ code: 4101, verdict: 'unauthorized' });
  await clock.advance(1000);
  expect(last().around.token).toBe('t4');
  last().end({ code: 4101, reason: 'unauthorised (4101)', verdict: 'unauthorized' });
  await settle();
  expect(reasons).toEqual(['connect', 'expiring', 'expired', 'unauthorized']);
  expect(errors).toMatchObject([{ code: 'unauthorized', fatal: true }]);
  expect(client.state).toBe('closed');
});

test('without a way to get another, a refused token is final', async () => {
  const { last, errors, client } = await connected({ token: 'x' });
  last().end({ code: 4101, reason: 'unauthorised (4101)', verdict: 'unauthorized' });
  await settle();
  expect(errors).toMatchObject([{ code: 'unauthorized', fatal: true, closeCode: 4101 }]);
  expect(client.state).toBe('closed');
});

test('to give no token is to give up, with one error', async () => {
  for (const getToken of [async () => '', async () => Promise.reject(new Error('no'))]) {
    const { client, made, errors } = make({ getToken });
    client.connect();
    await settle();
    expect(errors).toMatchObject([{ code: 'unauthorized', fatal: true }]);
    expect(client.state).toBe('closed');
    expect(made).toHaveLength(0);
  }
});

test('a token that is set later goes to the session that is open', async () => {
  const { client, last, clock } = await connected({ token: 'a' });
  client.setToken('b');
  expect(last().tokens).toEqual(['b']);
  last().end();
  await clock.advance(1000);
  expect(last().around.token).toBe('b');
});

/** @param {ClientOptions} options */
function choosing(options) {
  const better = fakeKind('better');
  const worse = fakeKind('worse');
  return { ...make({ transports: [better.kind, worse.kind], ...options }), better, worse };
}

test('a transport that does not come through, while the service is there, makes room for the next', async () => {
  const { client, clock, better, worse } = choosing({ fetch: /** @type {any} */ (up) });
  client.connect();
  await settle();
  better.last().end();
  await clock.advance(1000);
  better.last().end();
  await clock.advance(1000);
  expect([better.made.length, worse.made.length]).toEqual([2, 1]);
  worse.last().welcome();
  expect(client.transport).toBe('worse');
});

test('a gateway that finds nobody is no reason to leave a transport, and is kept to', async () => {
  for (const status of [502, 503, 504]) {
    const fetch = answering('<html>', status, { 'Retry-After': '7' });
    const { client, clock, better, worse } = choosing({ fetch: /** @type {any} */ (fetch) });
    /** @type {number[]} */
    const waits = [];
    client.on('disconnected', ({ retryAt }) => waits.push(Number(retryAt) - clock.now()));
    client.connect();
    await settle();
    for (const ending of [{}, { code: status, verdict: /** @type {const} */ ('lost') }, {}, {}]) {
      better.last().end(ending);
      await clock.advance(7000);
    }
    expect([better.made.length, worse.made.length]).toEqual([5, 0]);
    expect(waits).toEqual([7000, 7000, 7000, 7000]);
    client.disconnect();
  }
});

test('a restart of the service is no reason to leave a transport', async () => {
  const { client, clock, better, worse } = choosing({});
  client.connect();
  await settle();
  better.last().welcome();
  for (let attempt = 0; attempt < 10; attempt++) {
    better.last().end();
    await clock.advance(40_000);
  }
  expect([better.made.length, worse.made.length]).toEqual([11, 0]);
});

test('the transport that worked is tried first the next time, and the better one after a while', async () => {
  const memory = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => memory.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void memory.set(key, value),
    removeItem: (/** @type {string} */ key) => void memory.delete(key),
  };
  const options = { fetch: /** @type {any} */ (up), storage, upgradeAfter: 100_000 };
  const first = choosing(options);
  first.client.connect();
  await settle();
  first.better.last().end({ verdict: 'unsupported' });
  await first.clock.advance(1000);
  first.worse.last().welcome();
  first.client.disconnect();

  const second = choosing(options);
  await second.clock.advance(2000);
  second.client.connect();
  await settle();
  expect([second.better.made.length, second.worse.made.length]).toEqual([0, 1]);
  second.worse.last().welcome();
  await second.clock.advance(20_000);
  second.worse.last().end();
  await second.clock.advance(1000);
  expect([second.better.made.length, second.worse.made.length]).toEqual([0, 2]);
  second.worse.last().welcome();
  for (let beat = 0; beat < 10; beat++) {
    await second.clock.advance(10_000);
    second.worse.last().listener.heard();
  }
  second.worse.last().end();
  await second.clock.advance(1000);
  expect(second.better.made).toHaveLength(1);
  second.better.last().welcome();
  expect(memory.size).toBe(0);
});

test('a storage that is shut does no harm', async () => {
  const shut = () => {
    throw new Error('shut');
  };
  const { client, clock, better, worse } = choosing({ storage: { getItem: shut, setItem: shut, removeItem: shut } });
  client.connect();
  await settle();
  better.last().end({ verdict: 'unsupported' });
  await clock.advance(1000);
  worse.last().welcome();
  expect(client.state).toBe('connected');
});

test('an address where there is no such service is one clear error, unless it was there before', async () => {
  for (const fetch of [answering({}, 404), answering('<html>')]) {
    const { client, last, errors } = make({ fetch: /** @type {any} */ (fetch) });
    client.connect();
    await settle();
    last().end();
    await settle();
    expect(errors).toMatchObject([{ code: 'not_found', fatal: true }]);
    expect(client.state).toBe('closed');
  }
  const { client, clock, last, errors } = await connected({ fetch: /** @type {any} */ (answering({}, 404)) });
  last().end();
  await clock.advance(1000);
  last().end();
  await settle();
  expect(errors).toEqual([]);
  expect(client.state).toBe('disconnected');
});

test('a session whose epoch is not known leaves nothing to resume from', async () => {
  const { client, last } = make();
  const terms = makeTerms({ intervalMs: 100, fields: null, mode: 'full', envelope: false });
  client.connect();
  await settle();
  const { bookmarks } = last().around;
  bookmarks.keep('A', 'e.1', terms);
  last().welcome('');
  expect(bookmarks.since('A', terms)).toBe('');
});

test('a service without room is asked again when it says', async () => {
  const fetch = answering({}, 503, { 'Retry-After': '7' });
  const { client, clock, last } = make({ fetch: /** @type {any} */ (fetch) });
  /** @type {number[]} */
  const waits = [];
  client.on('disconnected', ({ retryAt }) => waits.push(Number(retryAt) - clock.now()));
  client.connect();
  await settle();
  last().end();
  await settle();
  expect(waits).toEqual([7000]);
});

test('ready waits for the connection, the end, or its time', async () => {
  const { client, clock, last } = make();
  const late = client.ready(100);
  const refusal = expect(late).rejects.toMatchObject({ code: 'timeout' });
  await clock.advance(100);
  await refusal;
  const ready = client.ready();
  client.connect();
  await settle();
  last().welcome();
  await ready;
  await client.ready();
  last().end({ verdict: 'final', errorCode: 'forbidden' });
  const closed = client.ready();
  client.connect();
  client.disconnect();
  await expect(closed).rejects.toMatchObject({ code: 'closed' });
});

test('a listener that throws is told of and harms nobody else', async () => {
  const { client, last, errors } = await connected();
  /** @type {number[]} */
  const got = [];
  client.on('clock', () => {
    throw new Error('mine');
  });
  client.on('error', () => {
    got.push(0);
  });
  client.on('clock', (micros) => got.push(micros));
  last().listener.clock(5);
  expect(errors).toMatchObject([{ code: 'listener', fatal: false, cause: { message: 'mine' } }]);
  expect(got).toEqual([0, 5]);
});

test('what the client was made with is checked', () => {
  const bad = [
    { transports: [] }, { transports: ['pigeon'] }, { timeout: 0 }, { maxQueue: -1 }, { hiddenInterval: 'soon' }, { decimals: 'float' },
  ];
  for (const options of bad) expect(() => new TickerClient('http://x', /** @type {any} */ (options))).toThrow();
  for (const url of ['ftp://x', 'not a url', '']) expect(() => new TickerClient(url)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  const { client } = make();
  expect(() => client.subscribe('A', { interval: 'soon' })).toThrow();
  expect(() => client.subscribe('A', { fields: ['bids'] })).toThrow();
  expect(() => client.subscribe('A', /** @type {any} */ ({ mode: 'half' }))).toThrow();
  expect(() => client.subscribe(/** @type {any} */ ([1]))).toThrow();
});
