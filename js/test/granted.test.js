import { expect, test } from 'vitest';

import { Bookmarks } from '../src/bookmarks.js';
import { Granted } from '../src/granted.js';
import { makeTerms } from '../src/terms.js';
import { seeded } from './support/random.js';

const names = ['A', 'B', 'C', 'D', 'A*', '*'];
const all = [
  makeTerms({ intervalMs: 50, fields: null, mode: 'full', envelope: false }),
  makeTerms({ intervalMs: 250, fields: null, mode: 'full', envelope: false }),
  makeTerms({ intervalMs: 50, fields: ['bid'], mode: 'delta', envelope: true }),
];
const [fast, slow, narrow] = /** @type {[typeof all[0], typeof all[0], typeof all[0]]} */ (/** @type {unknown} */ (all));

test('whatever is wanted, and whatever the service refuses, it comes to hold all that it takes', () =>
  seeded(300, (random) => {
    const limits = { symbols: 3, messageBytes: random.pick([1040, 65536]) };
    const granted = new Granted(new Bookmarks(), limits);
    const bad = new Set(random.some(names, 0.2));
    /** @type {Map<string, string>} */
    const server = new Map();
    let plan = new Map();
    for (let step = 0; step < 10; step++) {
      plan = new Map(random.some(names).map((name) => [name, random.pick(all)]));
      granted.want(plan);
      for (let commands = 0; ; commands++) {
        const command = granted.next();
        if (!command) break;
        expect(commands).toBeLessThan(2 * names.length + 2);
        expect(command.names.length).toBeLessThanOrEqual(limits.symbols);
        if (!command.terms) for (const name of command.names) server.delete(name);
        else for (const name of command.names) if (!bad.has(name)) server.set(name, command.terms.key);
        granted.answered(command, new Map(command.names.filter((name) => bad.has(name)).map((name) => [name, 'bad_symbol'])));
      }
      const taken = [...plan].filter(([name]) => !bad.has(name)).map(([name, { key }]) => [name, key]);
      expect(Object.fromEntries(server)).toEqual(Object.fromEntries(taken));
    }
  }));

test('a name that was not wanted for a moment begins anew', () => {
  const bookmarks = new Bookmarks();
  const plan = new Map([['A', fast]]);
  const { granted } = session(bookmarks, plan);
  granted.passed('e.5');
  granted.want(new Map());
  granted.want(plan);
  const leave = /** @type {import('../src/granted.js').Command} */ (granted.next());
  expect(leave).toMatchObject({ action: 'unsubscribe', names: ['A'] });
  granted.answered(leave, new Map());
  expect(granted.next()).toMatchObject({ action: 'subscribe', names: ['A'], since: '' });
  granted.end();
  expect(bookmarks.since('A', fast)).toBe('');
});

test('what there was no room for is asked for again when there is', () => {
  const granted = new Granted(new Bookmarks(), {});
  granted.want(new Map([['A', fast], ['B', slow]]));
  const first = /** @type {import('../src/granted.js').Command} */ (granted.next());
  granted.answered(first, new Map());
  const second = /** @type {import('../src/granted.js').Command} */ (granted.next());
  expect(second.names).toEqual(['B']);
  granted.refused(second);
  expect(granted.next()).toBeNull();
  granted.want(new Map([['B', slow]]));
  const leave = /** @type {import('../src/granted.js').Command} */ (granted.next());
  expect(leave).toMatchObject({ action: 'unsubscribe', names: ['A'] });
  granted.answered(leave, new Map());
  expect(granted.next()).toMatchObject({ action: 'subscribe', names: ['B'] });
});

/**
 * @param {Bookmarks} bookmarks
 * @param {import('../src/types.js').Plan} plan
 */
function session(bookmarks, plan) {
  const granted = new Granted(bookmarks, {});
  granted.want(plan);
  /** @type {string[]} */
  const sinces = [];
  for (let command; (command = granted.next()); granted.answered(command, new Map())) {
    for (const name of command.names) sinces.push(`${name}:${command.since}`);
  }
  return { granted, sinces: sinces.sort() };
}

test('a later session resumes what was sent completely, and nothing else', () => {
  const bookmarks = new Bookmarks();
  const plan = new Map([['A', fast]]);
  const first = session(bookmarks, plan);
  expect(first.sinces).toEqual(['A:']);
  first.granted.end();
  const second = session(bookmarks, plan);
  expect(second.sinces).toEqual(['A:']);
  second.granted.passed('e.5');
  second.granted.end();
  const third = session(bookmarks, new Map([['A', slow], ['B', slow]]));
  expect(third.sinces).toEqual(['A:e.5', 'B:']);
  third.granted.end();
  expect(session(bookmarks, plan).sinces).toEqual(['A:e.5']);
});

test('an entry with more fields than before is sent in full', () => {
  const bookmarks = new Bookmarks();
  bookmarks.keep('A', 'e.5', narrow);
  bookmarks.keep('B', 'e.5', fast);
  expect(bookmarks.since('A', fast)).toBe('');
  expect(bookmarks.since('A', narrow)).toBe('e.5');
  expect(bookmarks.since('B', narrow)).toBe('e.5');
});

test('a pattern that takes over a symbol starts anew', () => {
  const bookmarks = new Bookmarks();
  for (const name of ['A', 'A*', 'B*']) bookmarks.keep(name, 'e.5', fast);
  bookmarks.retain(new Map([['A*', fast], ['B*', fast]]));
  expect([bookmarks.since('A', fast), bookmarks.since('A*', fast), bookmarks.since('B*', fast)]).toEqual(['', '', 'e.5']);
});
