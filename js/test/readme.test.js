// The manual is true: its programs run, and its tables name what there is.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TickerClient } from '../src/client.js';
import { Subscription } from '../src/subscription.js';
import { Service } from './support/service.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = read('README.md');
const documented = 'http://127.0.0.1:8080';

/** @type {Service} */
let service;

beforeAll(async () => {
  service = await new Service(['sim:?symbols=100&rate=1000']).start();
});

afterAll(() => service.close());

/** @param {string} path */
function read(path) {
  return readFileSync(`${root}/${path}`, 'utf8');
}

/**
 * complete makes a program of what is written as a part of one.
 * @param {string} code
 */
function complete(code) {
  if (code.includes('import ')) return code;
  return `import { TickerClient } from '@ticker/client';
    const client = new TickerClient('${documented}').connect();
    client.on('error', (error) => { throw error; });
    ${code}
    await client.ready(20_000);
    client.disconnect();`;
}

/** @param {string} code */
async function run(code) {
  const program = complete(code).replaceAll(documented, service.url);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: root, timeout: 25_000 });
  return stdout;
}

describe('the programs of the manual', () => {
  const blocks = [...readme.matchAll(/^#+ (.*)$|```js run\n([^]*?)```/gm)];
  let heading = '';
  for (const [, title, code] of blocks) {
    heading = title ?? heading;
    if (code) test(`run: ${heading}`, async () => expect(await run(code)).toBeTypeOf('string'));
  }

  test('do what they say', async () => {
    const quickStart = blocks.find(([, , code]) => code)?.[2] ?? '';
    expect(quickStart.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
    const output = await run(quickStart);
    for (const line of [/^connecting$/m, /^connected$/m, /^there are \[ 'SYM0001'/m, /^SYM0001 \S+ \S+$/m, /symbols changed$/m]) {
      expect(output).toMatch(line);
    }
  });
});

describe('the examples', () => {
  test.each([['watch.js', /^SYM0001 \S+ -> \d/], ['ndjson.js', /^\{"symbol":"SYM0001"/]])('run: %s', async (name, line) => {
    const program = spawn(process.execPath, [`examples/${name}`, service.url, 'SYM0001'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: program.stdout });
    const [first] = await once(lines, 'line');
    expect(first).toMatch(line);
    lines.close();
    const exit = once(program, 'exit');
    program.kill();
    await exit;
  });
});

/**
 * section returns what stands below a heading, up to the next.
 * @param {string} heading
 */
function section(heading) {
  return new RegExp(`^#+ ${heading}\\n([^]*?)(?=^#)`, 'm').exec(readme)?.[1] ?? '';
}

/**
 * rows returns what the first cells of the tables of a section name, of those
 * rows whose table begins with this word.
 * @param {string} text
 * @param {string} head
 */
function rows(text, head) {
  const table = new RegExp(`^\\| ${head} \\|[^]*?\\n\\n`, 'm').exec(text)?.[0] ?? '';
  const cells = [...table.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name]) => name)).sort();
}

/**
 * typedef returns the names of the properties of a type.
 * @param {string} path
 * @param {string} type
 */
function typedef(path, type) {
  const text = read(path);
  const object = new RegExp(`@typedef \\{object\\} ${type}\\b([^]*?)\\*/`).exec(text)?.[1];
  if (object) return [...object.matchAll(/@property \{.*\} \[?(\w+)/g)].map(([, name]) => name).sort();
  const literal = new RegExp(`@typedef \\{\\{([^]*?)\\}\\} ${type}\\n`).exec(text)?.[1] ?? '';
  return [...literal.matchAll(/^ \* {3}(\w+):/gm)].map(([, name]) => name).sort();
}

/**
 * members returns the names of what a class and those above it define.
 * @param {object} prototype
 * @returns {string[]}
 */
function members(prototype) {
  if (prototype === Object.prototype) return [];
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return [...new Set([...own, ...members(Object.getPrototypeOf(prototype))])].sort();
}

describe('the manual names what there is:', () => {
  test('options', () => {
    expect(rows(section('Options'), 'option')).toEqual(typedef('src/settings.js', 'ClientOptions'));
    expect(rows(section('Subscriptions'), 'option')).toEqual(typedef('src/types.js', 'SubscribeOptions'));
    for (const name of typedef('src/pool.js', 'SharingOptions')) expect(readme).toContain(`\`${name}\``);
  });

  test('events', () => {
    expect(rows(section('Events'), 'event')).toEqual(typedef('src/client.js', 'ClientEvents'));
    expect(rows(section('Subscriptions'), 'event')).toEqual(typedef('src/subscription.js', 'SubscriptionEvents'));
  });

  test('methods and properties', () => {
    const properties = ['epoch', 'interval', 'limits', 'session', 'state', 'transport'];
    expect([...rows(section('Methods'), 'method'), ...properties].sort()).toEqual(members(TickerClient.prototype));
    for (const name of properties) expect(section('Methods')).toContain(`\`${name}\``);
    const internal = ['covers', 'endTurns', 'join', 'names', 'review', 'take', 'unsettle'];
    const named = members(Subscription.prototype).filter((name) => !internal.includes(name));
    for (const name of named) expect(section('Subscriptions')).toMatch(new RegExp(`\`${name}\\b`));
  });
});
