import { expect, test } from 'vitest';

import { add, compare, isDecimal, subtract } from '../src/decimal.js';
import { mergeEnvelopes } from '../src/envelope.js';
import { seeded } from './support/random.js';

/** @param {import('./support/random.js').Random} random */
function thousandths(random) {
  return random.below(2_000_001) - 1_000_000;
}

/** @param {number} n */
function written(n) {
  return (n / 1000).toFixed(3);
}

test('sums, differences and order are those of whole numbers', () =>
  seeded(500, (random) => {
    const a = thousandths(random);
    const b = thousandths(random);
    expect(Number(add(written(a), written(b))) * 1000).toBeCloseTo(a + b, 6);
    expect(Number(subtract(written(a), written(b))) * 1000).toBeCloseTo(a - b, 6);
    expect(compare(written(a), written(b))).toBe(Math.sign(a - b));
  }));

test('digits beyond those of a double are kept', () => {
  expect(add('12345678901234567890.123456789012345678', '0.000000000000000001')).toBe('12345678901234567890.123456789012345679');
  expect(add('0.1', '0.2')).toBe('0.3');
  expect(add('1e3', '2.50E-2')).toBe('1000.025');
  expect(subtract('1', '1.000')).toBe('0');
  expect(compare('9007199254740993', '9007199254740992')).toBe(1);
  expect(compare('1.0', '1')).toBe(0);
});

test('only decimals as text are decimals', () => {
  for (const text of ['0', '-1.5', '1e-8', '1E+38']) expect(isDecimal(text)).toBe(true);
  for (const value of ['', '1.', '.5', 'NaN', '1e9999', ' 1', '0x1', 1, null, '9'.repeat(500)]) expect(isDecimal(value)).toBe(false);
});

test('an envelope without trades has no price to give', () => {
  const none = { trades: 0, volume: '0' };
  const some = { high: '2', low: '-1', trades: 3, volume: '0.1' };
  expect(mergeEnvelopes(none, none)).toEqual(none);
  expect(mergeEnvelopes(none, some)).toEqual(some);
  expect(mergeEnvelopes(some, { high: '10', low: '-0.5', trades: 1, volume: '0.2' })).toEqual({
    high: '10', low: '-1', trades: 4, volume: '0.3',
  });
  expect(mergeEnvelopes(undefined, some)).toBe(some);
});
