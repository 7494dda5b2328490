// Candles of one symbol and one width: those that history gave, and on top of
// them what live records tell of the trades that history does not know yet.

import * as decimal from './decimal.js';

// The widths to choose from; micros are microseconds.
export const steps = [
  { name: '1s', micros: 1e6 },
  { name: '1m', micros: 60e6 },
  { name: '5m', micros: 300e6 },
  { name: '1h', micros: 3600e6 },
  { name: '1d', micros: 86_400e6 },
];

// The most candles that are kept; the oldest go first.
export const mostCandles = 5000;

// Guesses within the same slot of time are one.
const slotMicros = 5e6;

// stepOf returns the beginning of the step that a time is in. Times stay below
// 2^53 µs until the year 2255.
export function stepOf(at, micros) {
  return Math.floor(at / micros) * micros;
}

// fromAnswer takes over candles as the service sends them, and brings their
// decimals and their order into the form that counts here.
export function fromAnswer(candles) {
  const plain = candles.map(({ ts, trades, open, high, low, close, volume }) => ({
    ts,
    trades,
    open: decimal.plain(open),
    high: decimal.plain(high),
    low: decimal.plain(low),
    close: decimal.plain(close),
    volume: decimal.plain(volume),
  }));
  return plain.sort((a, b) => a.ts - b.ts);
}

// Candles answers what to draw. A candle is {ts, open, high, low, close, volume,
// trades}: the beginning of its step in microseconds, plain decimals as text,
// and how many trades history counted. A step that only live records know has
// the volume '' and no trades.
export class Candles {
  // The most digits behind the point of any price.
  places = 0;
  #step;
  #exact = [];
  #guesses = []; // {ts, since, till, open, high, low, close}, oldest first
  #quote = null;
  #list = null;

  constructor(step) {
    this.#step = step.micros;
  }

  get full() {
    return this.#exact.length >= mostCandles;
  }

  // list returns all candles, oldest first. It is the same array until
  // something changes.
  get list() {
    this.#list ??= this.#overlay();
    return this.#list;
  }

  // doubted is a time since when a trade is missing from history; Infinity if
  // none is.
  get doubted() {
    return this.#guesses[0]?.since ?? Infinity;
  }

  clear() {
    this.#exact = [];
    this.#list = null;
  }

  // replace takes what history says of the times from one inclusive to another
  // exclusive: what was known of them no longer counts.
  replace({ from, to }, candles) {
    this.#exact = [
      ...this.#exact.filter(({ ts }) => ts < from),
      ...candles.filter(({ ts }) => from <= ts && ts < to),
      ...this.#exact.filter(({ ts }) => ts >= to),
    ].slice(-mostCandles);
    for (const { open, high, low, close } of candles) {
      for (const price of [open, high, low, close]) this.places = Math.max(this.places, decimal.places(price));
    }
    this.#list = null;
  }

  // settle drops guesses that history is sure to have the truth of: those before
  // its newest candle, for it learns in the order of time, and those before the
  // given time. But where it has nothing since the record before a guess, though
  // there was a trade, it is behind: then the guess stays.
  settle(before) {
    const newest = this.#exact.at(-1)?.ts ?? -Infinity;
    this.#guesses = this.#guesses.filter(({ ts, since, till }) =>
      ts >= newest && (till >= before || stepOf(since, this.#step) > newest));
    this.#list = null;
  }

  // beginSession forgets the newest record: what comes next may have missed any
  // number of trades, at times that only history knows.
  beginSession() {
    this.#quote = null;
  }

  // observe folds the last price of a live record into the step it was accepted
  // in. A record that repeats the trade of the one before it, the first of a
  // session, and one that is stale or halted tell of no trade.
  observe(quote) {
    const before = this.#quote;
    this.#quote = quote;
    if (before === null || (quote.status ?? 'live') !== 'live') return;
    if (quote.last === before.last && quote.lastSize === before.lastSize) return;
    const price = decimal.plain(quote.last);
    const at = Number(quote.recv);
    if (price && at > 0) this.#guess(price, at, Number(before.recv) || at);
  }

  #guess(price, at, since) {
    const ts = stepOf(at, this.#step);
    const bar = { open: price, high: price, low: price, close: price };
    const newest = this.#guesses.at(-1);
    if (newest?.ts === ts && stepOf(newest.till, slotMicros) === stepOf(at, slotMicros)) {
      this.#guesses[this.#guesses.length - 1] = { ...joined(newest, bar), till: at };
    } else {
      this.#guesses.push({ ts, since, till: at, ...bar });
      if (this.#guesses.length > mostCandles) this.#thin();
    }
    this.places = Math.max(this.places, decimal.places(price));
    this.#list = null;
  }

  // #thin makes one of the two oldest guesses, or drops the oldest where they are
  // of different steps.
  #thin() {
    const [first, second] = this.#guesses;
    this.#guesses.shift();
    if (first.ts === second.ts) this.#guesses[0] = { ...joined(first, second), till: second.till };
  }

  // #overlay puts the guesses on top of what is exact.
  #overlay() {
    const list = [...this.#exact];
    for (const guess of this.#guesses) {
      const place = list.findLastIndex(({ ts }) => ts <= guess.ts);
      const same = list[place]?.ts === guess.ts;
      if (same) list[place] = joined(list[place], guess);
      else list.splice(place + 1, 0, fromGuess(guess));
    }
    return list.slice(-mostCandles);
  }
}

function fromGuess({ ts, open, high, low, close }) {
  return { ts, open, high, low, close, volume: '', trades: 0 };
}

// joined is a candle with the trades of a later bar.
function joined(candle, { high, low, close }) {
  return { ...candle, high: highest(candle.high, high), low: lowest(candle.low, low), close };
}

function highest(a, b) {
  return decimal.compare(a, b) < 0 ? b : a;
}

function lowest(a, b) {
  return decimal.compare(a, b) > 0 ? b : a;
}
