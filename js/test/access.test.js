// What the client promises where the service asks who somebody is.

import { createHmac } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { TickerClient } from '../src/client.js';
import { Service } from './support/service.js';
import { until } from './support/wait.js';

const secret = 'no secret of anybody, only long enough';
const service = new Service(['push:'], { TICKER_AUTH_MODE: 'jwt', TICKER_AUTH_JWT_SECRET: secret });
beforeAll(() => service.start());
afterAll(() => service.close());

/** By so many seconds clocks may differ: so much longer is a token good. */
const leeway = 30;

/** @type {TickerClient[]} */
const clients = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

const sealed = (/** @type {object} */ part) => Buffer.from(JSON.stringify(part)).toString('base64url');

/**
 * mint makes a token that is good for some seconds.
 * @param {number} seconds
 * @param {object} [claims]
 */
function mint(seconds, claims = {}) {
  const exp = Date.now() / 1000 + seconds;
  const text = `${sealed({ alg: 'HS256', typ: 'JWT' })}.${sealed({ sub: 'desk', exp, symbols: ['A*'], publish: ['*'], ...claims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** @param {import('../src/settings.js').ClientOptions} options */
function make(options) {
  const client = new TickerClient(service.url, { WebSocket, decimals: 'string', ...options });
  clients.push(client);
  return client.connect();
}

let names = 0;
const unique = () => `A${++names}`;

describe.each(/** @type {const} */ (['websocket', 'sse', 'poll']))('over %s', (transport) => {
  test('a token is good for what it names, and for nothing else', async () => {
    const symbol = unique();
    const client = make({ transports: [transport], token: mint(60) });
    client.subscribe(symbol, { interval: '20ms' });
    await client.publish([{ symbol, last: 1 }]);
    expect(await until(() => client.quote(symbol))).toMatchObject({ last: '1' });
    await expect(client.snapshot({ symbols: ['B1'] })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('without a token, or with one that is not ours, nobody gets in', async () => {
    for (const token of ['', mint(60).replace(/.{6}$/, 'AAAAAA')]) {
      const client = make({ transports: [transport], token });
      /** @type {unknown[]} */
      const errors = [];
      client.on('error', (error) => errors.push(error));
      await until(() => errors.length);
      expect(errors[0]).toMatchObject({ code: 'unauthorized' });
      expect(client.state).not.toBe('connected');
    }
  });

  test('a token that expires is replaced, and nothing is missed', async () => {
    const symbol = unique();
    /** @type {string[]} */
    const reasons = [];
    const client = make({
      transports: [transport],
      getToken: ({ reason }) => {
        reasons.push(reason);
        return mint(reasons.length === 1 ? 2 - leeway : 60);
      },
    });
    let breaks = 0;
    client.on('disconnected', () => breaks++);
    client.subscribe(symbol, { interval: '20ms' });
    await client.publish([{ symbol, last: 1 }]);
    await until(() => client.quote(symbol)?.last === '1');
    await until(() => reasons.length > 1);
    await until(() => client.state === 'connected');
    await client.publish([{ symbol, last: 2 }]);
    await until(() => client.quote(symbol)?.last === '2');
    expect(reasons[0]).toBe('connect');
    expect(['expiring', 'expired', 'unauthorized']).toContain(reasons[1]);
    if (transport === 'websocket') expect([reasons[1], breaks]).toEqual(['expiring', 0]);
  });
});
