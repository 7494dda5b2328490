// Two tabs of a real browser, against the real program.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from './support/wait.js';

const browserPath = '/usr/bin/chromium';
const source = fileURLToPath(new URL('../src', import.meta.url));

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('node:http').Server} */
let pages;
/** @type {import('node:child_process').ChildProcess} */
let program;
/** @type {{dashboard: string, admin: string}} */
let addresses;
const data = mkdtempSync(join(tmpdir(), 'ticker-js-tabs-'));

describe.skipIf(!existsSync(browserPath))('in a browser', () => {
  beforeAll(async () => {
    pages = createServer(serve).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    addresses = await startProgram();
    browser = await chromium.launch({
      executablePath: browserPath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    pages?.close();
    const exit = once(program, 'exit');
    program.kill();
    await exit;
    rmSync(data, { recursive: true, force: true });
  });

  test('two tabs have one session, which lives until the last is closed', async () => {
    const context = await browser.newContext();
    const [a, b] = [await open(context, 'SYM0001'), await open(context, 'SYM0002')];
    await until(async () => (await a.last()) && (await b.last()));
    expect([await a.transport(), await b.transport()]).toEqual(['tabs', 'tabs']);
    expect(await metric('ticker_sessions')).toBe(1);
    expect(await metric('ticker_subscriptions')).toBe(2);

    await a.page.close();
    await until(async () => (await metric('ticker_subscriptions')) === 1);
    const before = await b.last();
    await until(async () => (await b.last()) > before);
    expect(await metric('ticker_sessions')).toBe(1);

    await b.page.close();
    await until(async () => (await metric('ticker_sessions')) === 0);
    await context.close();
  });

  test('a policy that forbids the worker leaves each tab a connection of its own', async () => {
    const context = await browser.newContext();
    const [a, b] = [await open(context, 'SYM0001', 'none'), await open(context, 'SYM0002', 'none')];
    await until(async () => (await a.last()) && (await b.last()));
    expect([await a.transport(), await b.transport()]).toEqual(['websocket', 'websocket']);
    expect(await metric('ticker_sessions')).toBe(2);
    await context.close();
    await until(async () => (await metric('ticker_sessions')) === 0);
  });
});

/**
 * open opens a page that shares its connection, under a policy like that of the
 * dashboard, which lets the named Trusted Types through.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} symbol
 * @param {string} [trusted]
 */
async function open(context, symbol, trusted = 'ticker-sdk') {
  const page = await context.newPage();
  const { port } = /** @type {import('node:net').AddressInfo} */ (pages.address());
  const query = new URLSearchParams({ symbol, trusted, service: addresses.dashboard });
  await page.goto(`http://127.0.0.1:${port}/?${query}`);
  return {
    page,
    /** The number of the last record, 0 if there was none. */
    last: () => page.evaluate(() => Number(document.documentElement.dataset['seq'] ?? 0)),
    transport: () => page.evaluate(() => document.documentElement.dataset['transport']),
  };
}

const html = '<!doctype html><title>tab</title><script type="module" src="page.js"></script>';
const script = `
  import { sharedClient } from './sdk/ticker.js';
  const params = new URLSearchParams(location.search);
  const client = sharedClient(params.get('service'), { tabs: true });
  client.subscribe(params.get('symbol'), { interval: '50ms' }, ([quote]) => {
    Object.assign(document.documentElement.dataset, { seq: quote.seq, transport: client.transport });
  });
`;

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function serve({ url = '/' }, response) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  response.setHeader('Content-Type', pathname === '/' ? 'text/html' : 'text/javascript');
  response.setHeader('Content-Security-Policy', "default-src 'self'; connect-src *; worker-src 'self'; "
    + `require-trusted-types-for 'script'; trusted-types ${searchParams.get('trusted') === 'none' ? "'none'" : 'ticker-sdk'}`);
  if (pathname === '/') response.end(html);
  else if (pathname === '/page.js') response.end(script);
  else if (/^\/sdk\/[a-z/-]+\.js$/.test(pathname)) response.end(readFileSync(join(source, pathname.slice('/sdk'.length))));
  else response.writeHead(404).end();
}

/** @returns {Promise<typeof addresses>} */
async function startProgram() {
  const { port } = /** @type {import('node:net').AddressInfo} */ (pages.address());
  const args = ['serve', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--history', 'off', '--data', data, '--feed', 'sim:?symbols=10&rate=1000'];
  program = spawn(inject(/** @type {never} */ ('program')), args, {
    stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TICKER_ALLOWED_ORIGINS: `http://127.0.0.1:${port}` },
  });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (program.stderr) });
  for await (const line of lines) {
    const entry = JSON.parse(line);
    if (entry.msg !== 'serving') continue;
    program.stderr?.resume();
    return entry;
  }
  throw new Error('the program did not start');
}

/** @param {string} name of a metric, which is summed over its labels */
async function metric(name) {
  const text = await (await fetch(addresses.admin)).text();
  const lines = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return lines.reduce((sum, [, value]) => sum + Number(value), 0);
}
