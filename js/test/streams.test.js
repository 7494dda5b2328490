import { expect, test } from 'vitest';

import { Address } from '../src/address.js';
import { isName } from '../src/protocol.js';
import { makeTerms } from '../src/terms.js';
import { EventParser } from '../src/transports/eventparser.js';
import { divide } from '../src/transports/groups.js';
import { seeded } from './support/random.js';

/** @param {readonly string[]} pieces */
function parsed(pieces) {
  /** @type {import('../src/transports/eventparser.js').StreamEvent[]} */
  const events = [];
  const parser = new EventParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
}

test('events are read as the format says', () => {
  const text = '\uFEFF: hello\nevent: quotes\nid: e.1\ndata: a\ndata:b\r\n\r\ndata\n\nretry: 5\nevent: none\n\rdata:  c\rid: x\0y\n\n';
  expect(parsed([text])).toEqual([
    { name: 'quotes', data: 'a\nb', id: 'e.1' },
    { name: 'message', data: '', id: 'e.1' },
    { name: 'message', data: ' c', id: 'e.1' },
  ]);
  expect(parsed(['data: cut off'])).toEqual([]);
});

test('the pieces in which a stream comes make no difference', () =>
  seeded(500, (random) => {
    const lines = ['event: quotes', 'data: {"a":1}', 'data:b', 'id: e.1', ': note', 'retry: 1', 'data', '', '', 'x', 'event:'];
    let text = '';
    for (let line = 0; line < 30; line++) text += random.pick(lines) + random.pick(['\n', '\r', '\r\n']);
    const pieces = [];
    for (let at = 0; at < text.length; ) {
      const size = 1 + random.below(7);
      pieces.push(text.slice(at, at + size));
      at += size;
    }
    expect(parsed(pieces)).toEqual(parsed([text]));
  }));

test('an event that has no end is given up', () => {
  const parser = new EventParser(() => {});
  const piece = `data: ${'x'.repeat(1 << 20)}`;
  expect(() => {
    for (let i = 0; i < 40; i++) parser.push(piece);
  }).toThrow(RangeError);
  expect(() => {
    for (let i = 0; i < 40; i++) parser.push(`${piece}\n`);
  }).toThrow(RangeError);
});

const names = ['A', 'B', 'C', 'A*', 'BTC/USD', '*', 'bad symbol', 'a'];

test('few requests stand for the whole plan, and give each name all that is asked for', () =>
  seeded(500, (random) => {
    const plan = new Map(random.some(names, 0.7).map((name) => [name, makeTerms({
      intervalMs: random.pick([20, 50, 250, 1000, 5000]),
      fields: random.pick([null, ['bid'], ['ask', 'bid']]),
      mode: random.pick(/** @type {const} */ (['full', 'delta'])),
      envelope: random.flip(0.2),
    })]));
    const room = random.pick([8, 20, 3000]);
    const { groups, bad, surplus } = divide(plan, { shape: (terms) => terms, most: 4, room });
    expect(groups.length).toBeLessThanOrEqual(4);
    const divided = [...groups.flatMap((group) => group.names), ...bad, ...surplus];
    expect([...divided].sort()).toEqual([...plan.keys()].sort());
    expect(bad.every((name) => !isName(name))).toBe(true);
    if (room === 3000) expect(surplus).toEqual([]);
    for (const { names: members, terms } of groups) {
      expect(members.length === 1 || encodeURIComponent(`${members.join(',')},`).length <= room).toBe(true);
      for (const name of members) {
        const wanted = /** @type {import('../src/types.js').Terms} */ (plan.get(name));
        expect(terms.intervalMs).toBeLessThanOrEqual(wanted.intervalMs);
        expect(terms.envelope || !wanted.envelope).toBe(true);
        expect(terms.fields === null || (wanted.fields ?? ['']).every((field) => terms.fields?.includes(field))).toBe(true);
      }
    }
  }));

test('a group stays the same when another one changes', () => {
  const fast = makeTerms({ intervalMs: 50, fields: null, mode: 'full', envelope: false });
  const slow = makeTerms({ intervalMs: 1000, fields: null, mode: 'full', envelope: false });
  const frame = { shape: (/** @type {typeof fast} */ terms) => terms, most: 4, room: 3000 };
  const before = divide(new Map([['A', fast], ['B', slow]]), frame).groups.map(({ key }) => key);
  const after = divide(new Map([['A', fast], ['B', slow], ['C', slow]]), frame).groups.map(({ key }) => key);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

test('addresses keep the path of the base, in both schemes', () => {
  const address = new Address('wss://x.example/behind/proxy?no=1#no');
  expect(String(address)).toBe('https://x.example/behind/proxy/');
  expect(address.websocket).toBe('wss://x.example/behind/proxy/v1/ws');
  expect(address.http('v1/symbols', { prefix: 'BTC/', page: undefined })).toBe('https://x.example/behind/proxy/v1/symbols?prefix=BTC%2F');
  expect(new Address('http://x').websocket).toBe('ws://x/v1/ws');
});
