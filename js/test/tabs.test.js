import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Hub } from '../src/port-hub.js';
import { canShare } from '../src/tabs.js';
import { until } from './support/wait.js';
import { FakeLocks, Tab } from './tabs-page.js';
import { FakeService } from './tabs-service.js';

/** @typedef {import('../src/settings.js').ClientOptions} ClientOptions */

/** @type {FakeService} */
let service;
/** @type {Hub} */
let hub;
/** @type {Tab[]} */
let tabs;

beforeEach(async () => {
  vi.stubGlobal('WebSocket', WebSocket);
  service = await FakeService.start();
  hub = new Hub(10);
  tabs = [];
});

afterEach(async () => {
  for (const tab of tabs) tab.close();
  await until(() => service.open.length === 0);
  await service.stop();
  vi.unstubAllGlobals();
});

/**
 * page opens one.
 * @param {ClientOptions} [options]
 * @param {() => MessagePort} [startWorker]
 */
function page(options = {}, startWorker = attach) {
  const tab = new Tab(service.url, options, startWorker);
  tabs.push(tab);
  return tab;
}

// All pages share the worker of one hub.
function attach() {
  const { port1, port2 } = new MessageChannel();
  hub.attach(port2);
  return port1;
}

/** A worker that was killed, or never came up. */
function silent() {
  return new MessageChannel().port1;
}

const interval = (/** @type {string} */ name) => service.wanted.get(name)?.interval;

describe('tabs', () => {
  test('share one connection, and each gets what it wants', async () => {
    const [a, b] = [page({ decimals: 'string' }), page()];
    const inB = vi.fn();
    a.client.subscribe(['AAPL', 'MSFT']);
    b.client.subscribe('MSFT', {}, inB);
    await until(() => service.wanted.size === 2);
    service.send([{ symbol: 'AAPL', seq: 1, last: 1 }, { symbol: 'MSFT', seq: 1, last: 0.1 }]);
    await until(() => inB.mock.calls.length > 0 && a.client.quote('AAPL'));
    expect(inB.mock.calls).toEqual([[[expect.objectContaining({ symbol: 'MSFT', last: 0.1 })]]]);
    expect(a.client.quote('MSFT')?.last).toBe('0.1');
    expect(b.client.quote('AAPL')).toBeUndefined();
    expect(service.sessions).toHaveLength(1);
    expect([a.client.transport, a.client.session, a.client.epoch]).toEqual(['tabs', 'S1', 'EPOCH']);
  });

  test('that come later are given the newest record at once, and iterate', async () => {
    const a = page();
    a.client.subscribe('*');
    await until(() => service.wanted.size === 1);
    service.send([{ symbol: 'AAPL', seq: 7, last: 1, bid: 2 }]);
    await until(() => a.client.quote('AAPL'));
    const b = page();
    for await (const [quote] of b.client.subscribe('AAPL')) {
      expect(quote).toMatchObject({ symbol: 'AAPL', seq: 7, last: 1, bid: 2 });
      break;
    }
    expect(b.client.isFresh('AAPL')).toBe(true);
  });

  test('slow a symbol down only when all that want it are hidden', async () => {
    const [a, b] = [page(), page()];
    a.client.subscribe(['AAPL', 'MSFT'], { interval: '100ms' });
    b.client.subscribe('AAPL', { interval: '100ms' });
    await until(() => interval('AAPL') === '100ms' && interval('MSFT') === '100ms');
    a.turn(true);
    await until(() => interval('MSFT') === '5s');
    expect(interval('AAPL')).toBe('100ms');
    b.turn(true);
    await until(() => interval('AAPL') === '5s');
    b.turn(false);
    await until(() => interval('AAPL') === '100ms');
    expect(interval('MSFT')).toBe('5s');
  });

  test('give up what nobody wants any more', async () => {
    const [a, b] = [page(), page()];
    a.client.subscribe('AAPL');
    b.client.subscribe(['AAPL', 'MSFT']);
    await until(() => service.wanted.size === 2);
    b.close();
    await until(() => service.wanted.size === 1);
    expect(service.open).toHaveLength(1);
    a.close();
    await until(() => service.open.length === 0);
  });

  test('ask and are answered, also that it cannot be', async () => {
    const a = page();
    expect(await a.client.symbols()).toMatchObject({ symbols: ['AAPL'] });
    await expect(a.client.ledger()).rejects.toMatchObject({ code: 'unavailable', message: 'no session' });
    service.mute = true;
    const controller = new AbortController();
    const asked = a.client.symbols({ signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    service.mute = false;
  });

  test('are told which names were not taken', async () => {
    const a = page();
    const subscription = a.client.subscribe(['AAPL', 'NOT-HERE']);
    const rejected = vi.fn();
    subscription.on('rejected', rejected);
    await until(() => rejected.mock.calls.length > 0);
    expect(rejected).toHaveBeenCalledWith([{ symbol: 'NOT-HERE', code: 'forbidden' }]);
    expect(subscription.interval).toBe('100ms');
  });

  test('are told that the connection is gone, and come back with what is current', async () => {
    const [a, b] = [page(), page()];
    for (const { client } of [a, b]) client.subscribe('AAPL');
    await until(() => service.wanted.size === 1);
    service.send([{ symbol: 'AAPL', seq: 1, last: 1 }]);
    await until(() => a.client.isFresh('AAPL') && b.client.isFresh('AAPL'));
    const gone = vi.fn();
    a.client.on('disconnected', gone);
    service.epoch = 'SECOND';
    service.drop(1001);
    await until(() => gone.mock.calls.length > 0);
    expect(gone.mock.calls[0]?.[0]).toMatchObject({ code: 1001, willReconnect: true });
    expect(a.client.isFresh('AAPL')).toBe(false);
    await until(() => a.client.epoch === 'SECOND' && b.client.epoch === 'SECOND' && service.wanted.size === 1);
    service.send([{ symbol: 'AAPL', seq: 1, last: 2 }]);
    await until(() => a.client.quote('AAPL')?.last === 2 && b.client.quote('AAPL')?.last === 2);
    expect(service.sessions).toHaveLength(2);
  });

  test('have current records again after a resume in which nothing changed', async () => {
    const a = page();
    a.client.subscribe('AAPL');
    await until(() => service.wanted.size === 1);
    service.send([{ symbol: 'AAPL', seq: 1, last: 1 }]);
    await until(() => a.client.isFresh('AAPL'));
    service.drop(1001);
    await until(() => a.states.includes('disconnected'));
    await until(() => a.client.isFresh('AAPL'));
    expect(service.wanted.get('AAPL')?.since).toBe('EPOCH.1');
  });

  test('are late when the service is', async () => {
    service.heartbeat = '500ms';
    const a = page();
    await until(() => a.client.state === 'connected');
    service.mute = true;
    await until(() => a.states.includes('late'));
    service.mute = false;
    await until(() => a.client.state === 'connected');
  });
});

describe('a tab that dies without a word', () => {
  test('is noticed by its lock, and its subscriptions go', async () => {
    const locks = new FakeLocks();
    vi.stubGlobal('navigator', { locks });
    const [a, b] = [page(), page()];
    a.client.subscribe('AAPL');
    b.client.subscribe('MSFT');
    await until(() => service.wanted.size === 2);
    expect(locks.held.size).toBe(2);
    locks.lose(0);
    await until(() => !service.wanted.has('AAPL'));
    expect(service.wanted.has('MSFT')).toBe(true);
  });

  test('is noticed by its silence where there are no locks', async () => {
    vi.stubGlobal('navigator', {});
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const [a, b] = [page(), page({}, deaf)];
    a.client.subscribe('AAPL');
    b.client.subscribe('MSFT');
    await until(() => service.wanted.size === 2);
    for (let ping = 0; ping < 10; ping++) {
      vi.advanceTimersByTime(15_000);
      await new Promise((resume) => setTimeout(resume, 0));
    }
    await until(() => !service.wanted.has('MSFT'));
    expect(service.wanted.has('AAPL')).toBe(true);
    vi.useRealTimers();
  });
});

/** A control port at which pings are not heard. */
function deaf() {
  const port = attach();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => port.postMessage(data, data.port ? [data.port] : []);
  port.onmessage = ({ data }) => data.type !== 'ping' && port1.postMessage(data);
  port2.addEventListener('close', () => {
    port.close();
  });
  return port2;
}

describe('a token', () => {
  test('is got by one tab, for all', async () => {
    service.token = 'good';
    const getToken = vi.fn(async () => 'good');
    const [a, b, c] = [page({ getToken }), page({ getToken }), page({ getToken })];
    await Promise.all([a, b, c].map(({ client }) => client.ready()));
    expect(getToken.mock.calls).toEqual([[{ reason: 'connect' }]]);
    expect(service.sessions).toHaveLength(1);
  });

  test('is got by another tab when the first dies at it', async () => {
    service.token = 'good';
    /** @type {Tab[]} */
    const asked = [];
    const make = () => {
      /** @type {Tab} */
      const tab = page({
        getToken: () => {
          asked.push(tab);
          return asked.length === 1 ? new Promise(() => {}) : Promise.resolve('good');
        },
      });
      return tab;
    };
    const [a, b] = [make(), make()];
    await until(() => asked.length === 1);
    asked[0]?.close();
    const other = asked[0] === a ? b : a;
    await other.client.ready();
    expect(asked).toEqual([asked[0], other]);
  });

  test('that is refused is one fatal error in every tab, and another one helps', async () => {
    service.token = 'good';
    const [a, b] = [page({ token: 'bad' }), page({ token: 'bad' })];
    await until(() => a.client.state === 'closed' && b.client.state === 'closed');
    for (const { errors } of [a, b]) expect(errors).toEqual([expect.objectContaining({ code: 'unauthorized', fatal: true })]);
    a.client.setToken('good');
    a.client.connect();
    b.client.connect();
    await Promise.all([a.client.ready(), b.client.ready()]);
    expect(service.open).toHaveLength(1);
  });

  test('that expires is got anew', async () => {
    const getToken = vi.fn(async (/** @type {{reason: string}} */ _) => 'good');
    const a = page({ getToken });
    await a.client.ready();
    service.drop(4001);
    await until(() => service.open.length === 1 && service.sessions.length === 2 && a.client.state === 'connected');
    expect(getToken.mock.calls.map(([{ reason }]) => reason)).toEqual(['connect', 'expired']);
    expect(a.errors).toEqual([]);
  });
});

describe('without a shared worker', () => {
  const none = () => {
    throw new TypeError('there is no SharedWorker');
  };

  test.each([['cannot be made', none], ['does not say hello', silent]])('that %s the page has a connection of its own', async (_, start) => {
    service.token = 'good';
    const getToken = vi.fn(async () => 'good');
    const a = page({ getToken }, start);
    const quotes = vi.fn();
    a.client.subscribe('AAPL', {}, quotes);
    await a.client.ready();
    await until(() => service.wanted.size === 1);
    service.send([{ symbol: 'AAPL', seq: 1, last: 1 }]);
    await until(() => quotes.mock.calls.length > 0);
    expect(a.client.transport).toBe('websocket');
    expect(getToken).toHaveBeenCalledTimes(1);
    expect(a.errors).toEqual([]);
  });

  test('that is gone the page goes on with a connection of its own', async () => {
    service.heartbeat = '500ms';
    /** @type {MessagePort[]} */
    const ends = [];
    const a = page({}, () => {
      const { port1, port2 } = new MessageChannel();
      if (ends.push(port2) === 1) hub.attach(port2);
      return port1;
    });
    await a.client.ready();
    ends[0]?.close();
    service.drop(1001);
    await until(() => a.client.transport === 'websocket' && a.client.state === 'connected');
  });

  test('functions do not cross to a worker', () => {
    expect(canShare({ token: 't', transports: ['sse'] })).toBe(true);
    expect(canShare({ fetch })).toBe(false);
    expect(canShare({ WebSocket })).toBe(false);
    expect(canShare({ transports: [{ name: 'own', create: () => expect.fail() }] })).toBe(false);
  });
});
