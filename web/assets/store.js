// Store keeps the record of each symbol, and counts of what arrived.

import { Record } from './record.js';

export class Store {
  records = new Map();
  // Totals since the page was opened.
  frames = 0;
  taken = 0;
  // Updates that were replaced by a newer one before they were sent here.
  conflated = 0;
  #session = 0;
  #isFresh;
  #watchlist;
  #standing = { listed: 0, doubted: 0 };
  #reviewed = false;

  // isFresh(symbol) tells whether the connection vouches for what it sent of a
  // symbol; the watchlist tells what the list shows.
  constructor(isFresh, watchlist) {
    this.#isFresh = isFresh;
    this.#watchlist = watchlist;
  }

  // beginSession is to be called when sequence numbers may begin anew.
  beginSession() {
    this.#session++;
    this.review();
  }

  // review makes the next look at the standing go through all records: what the
  // connection vouches for may have changed.
  review() {
    this.#reviewed = false;
  }

  // standing counts the symbols of the list, and how many of them are doubted:
  // their records are not live.
  get standing() {
    if (!this.#reviewed) this.#review();
    return this.#standing;
  }

  #review() {
    for (const record of this.records.values()) record.fresh = this.#isFresh(record.symbol);
    const listed = [...this.records.values()].filter((record) => record.listed);
    this.#standing = { listed: listed.length, doubted: listed.filter((record) => !isLive(record)).length };
    this.#reviewed = true;
  }

  // refuse marks a name that the server will not send, and why.
  refuse(symbol, code) {
    const record = this.records.get(symbol);
    if (record) record.refused = code;
    this.review();
  }

  // follow keeps what is still watched, of the list or besides it, and makes room
  // for names that have no record yet. It is to be called after the list changed.
  follow(besides) {
    const named = new Set(this.#watchlist.entries.map(([name]) => name).filter((name) => !name.endsWith('*')));
    if (besides) named.add(besides);
    for (const name of named) this.#recordOf(name);
    for (const record of this.records.values()) {
      this.#enlist(record);
      const known = record.listed && record.version > 0;
      if (!known && !named.has(record.symbol)) this.records.delete(record.symbol);
    }
    this.review();
  }

  // fold takes one frame of a subscription at an own interval ('' for the list's)
  // and reports whether a symbol was new. A symbol may be in several
  // subscriptions; it goes by that of its row.
  fold(quotes, own) {
    const before = this.records.size;
    this.frames++;
    for (const quote of quotes) this.#foldOne(quote, own);
    return this.records.size > before;
  }

  // pace works out the rate of each symbol, from what came in so many seconds.
  pace(seconds) {
    for (const record of this.records.values()) record.pace(seconds);
  }

  #foldOne(quote, own) {
    const record = this.#recordOf(quote.symbol);
    if (record.own !== own) return;
    const live = isLive(record);
    const fresh = this.#isFresh(record.symbol);
    const conflated = record.take(quote, fresh ? this.#session : 0);
    if (conflated < 0) return;
    this.conflated += conflated;
    this.taken++;
    record.refused = '';
    record.fresh = fresh;
    if (isLive(record) !== live) this.review();
  }

  #recordOf(symbol) {
    let record = this.records.get(symbol);
    if (!record) {
      record = new Record(symbol);
      this.#enlist(record);
      this.records.set(symbol, record);
      this.review();
    }
    return record;
  }

  #enlist(record) {
    const own = this.#watchlist.own(record.symbol);
    record.listed = own !== undefined;
    record.own = own ?? '';
  }
}

function isLive({ fresh, quote }) {
  return fresh && (quote.status ?? 'live') === 'live';
}
