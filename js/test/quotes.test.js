import { expect, test } from 'vitest';

import { valueFields } from '../src/quote.js';
import { Quotes } from '../src/quotes.js';
import { makeTerms } from '../src/terms.js';
import { seeded } from './support/random.js';

const delta = makeTerms({ intervalMs: 100, fields: null, mode: 'delta', envelope: false });
const full = makeTerms({ intervalMs: 100, fields: null, mode: 'full', envelope: false });

/** @param {import('./support/random.js').Random} random */
function values(random) {
  return Object.fromEntries(random.some(valueFields, 0.4).map((field) => [field, String(random.below(100))]));
}

test('merging deltas in their order gives exactly the full record', () =>
  seeded(200, (random) => {
    const quotes = new Quotes();
    quotes.begin('e1');
    /** @type {any} */
    let book = { symbol: 'A', seq: 1, source: 'x', status: 'live', ...values(random) };
    let sent = { ...book };
    quotes.fold({ ...book }, delta);
    for (let step = 0; step < 20; step++) {
      book = { ...book, ...values(random), seq: book.seq + 1 + random.below(3), recv: step };
      if (random.flip(0.3)) book = random.flip() ? { ...book, status: 'stale', reason: 'silent' } : live(book);
      const change = changes(sent, book);
      quotes.fold(change, delta);
      sent = book;
      expect(quotes.get('A')).toEqual(book);
    }
  }));

/** @param {any} book */
function live(book) {
  const { reason: _, ...rest } = book;
  return { ...rest, status: 'live' };
}

/**
 * changes makes the record that the server sends: it names a status with its
 * reason, or not at all.
 * @param {any} sent
 * @param {any} book
 */
function changes(sent, book) {
  /** @type {any} */
  const change = { symbol: book.symbol, seq: book.seq, recv: book.recv };
  for (const field of [...valueFields, 'source']) if (book[field] !== sent[field]) change[field] = book[field];
  if (book.status !== sent.status || book.reason !== sent.reason) {
    change.status = book.status;
    if (book.reason) change.reason = book.reason;
  }
  return change;
}

test('a full record that names no status is of a live symbol', () => {
  const quotes = new Quotes();
  quotes.begin('e1');
  quotes.fold({ symbol: 'A', seq: 1, bid: '1', status: 'stale', reason: 'silent' }, full);
  quotes.fold({ symbol: 'A', seq: 2, bid: '2' }, full);
  expect(quotes.get('A')).toEqual({ symbol: 'A', seq: 2, bid: '2' });
});

test('fields that are no longer asked for do not stand still in the record', () => {
  const quotes = new Quotes();
  quotes.begin('e1');
  quotes.fold({ symbol: 'A', seq: 1, bid: '1', ask: '2' }, delta);
  quotes.fold({ symbol: 'A', seq: 2, bid: '3' }, { mode: 'delta', fields: ['bid'] });
  expect(quotes.get('A')).toEqual({ symbol: 'A', seq: 2, bid: '3' });
});

test('a sequence never goes back within an epoch, and may in another', () => {
  const quotes = new Quotes();
  quotes.begin('e1');
  quotes.fold({ symbol: 'A', seq: 9, bid: '9', ask: '9' }, delta);
  expect(quotes.fold({ symbol: 'A', seq: 8, bid: '8' }, delta)).toBeNull();
  quotes.begin('e2');
  expect(quotes.fold({ symbol: 'A', seq: 1, bid: '1' }, delta)?.quote).toEqual({ symbol: 'A', seq: 1, bid: '1' });
});

test('a record is fresh only in the session that was sent it, or that resumed', () => {
  const quotes = new Quotes();
  quotes.begin('e1');
  quotes.fold({ symbol: 'A', seq: 1 }, full);
  quotes.fold({ symbol: 'B', seq: 1 }, full);
  expect(quotes.isFresh('A')).toBe(true);
  quotes.suspend();
  expect(quotes.isFresh('A')).toBe(false);
  quotes.begin('e1');
  expect(quotes.isFresh('A')).toBe(false);
  quotes.confirm((symbol) => symbol === 'A');
  expect([quotes.isFresh('A'), quotes.isFresh('B')]).toEqual([true, false]);
  quotes.begin('e2');
  quotes.confirm(() => true);
  expect([quotes.isFresh('A'), quotes.isFresh('B')]).toEqual([false, false]);
});

test('records are frozen, because everybody gets the same', () => {
  const quotes = new Quotes();
  quotes.begin('e1');
  expect(Object.isFrozen(quotes.fold({ symbol: 'A', seq: 1 }, full)?.quote)).toBe(true);
  expect(Object.isFrozen(quotes.fold({ symbol: 'A', seq: 2, bid: '1' }, delta)?.quote)).toBe(true);
});
