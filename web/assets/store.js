// The newest record of each symbol, and counts of what arrived.

import * as decimal from './decimal.js';
import { clean } from './protocol.js';

// Record is one symbol's newest quote. Its numbers are plain decimals as text;
// '' stands for one that is not known.
export class Record {
  // first is the first last price that this page saw; places the most digits
  // behind the point of any price, so that prices do not jump sideways.
  first = '';
  places = 0;
  seq = 0;
  session = 0;
  quote = {};
  #change = null;

  constructor(symbol) {
    this.symbol = symbol;
    this.name = clean(symbol, 64);
  }

  take(quote, session) {
    this.quote = quote;
    this.seq = Number(quote.seq);
    this.session = session;
    this.#change = null;
    for (const price of [quote.bid, quote.ask, quote.last, quote.open]) {
      if (price !== undefined) this.places = Math.max(this.places, decimal.places(decimal.plain(price)));
    }
    this.first ||= this.value('last');
  }

  value(field) {
    return decimal.plain(this.quote[field]);
  }

  // recv is when the server accepted the record, in microseconds; 0 if unknown.
  get recv() {
    return Number(this.quote.recv) || 0;
  }

  get source() {
    return clean(this.quote.source, 64);
  }

  get spread() {
    return decimal.subtract(this.value('ask'), this.value('bid'));
  }

  // change compares the last price with the session's open or, without one,
  // with the first price since the page was opened.
  get change() {
    this.#change ??= this.#compare();
    return this.#change.amount;
  }

  get percent() {
    this.#change ??= this.#compare();
    return this.#change.percent;
  }

  #compare() {
    const base = this.value('open') || this.first;
    const amount = decimal.subtract(this.value('last'), base);
    return { amount, percent: decimal.percent(amount, base) };
  }
}

export class Store {
  records = new Map();
  session = 0;
  // Totals since the page was opened.
  frames = 0;
  taken = 0;
  // Updates that were replaced by a newer one before they were sent here.
  conflated = 0;

  // beginSession makes every record unconfirmed until it is sent again.
  beginSession() {
    this.session++;
  }

  // fold takes one frame of records and reports whether a symbol was new.
  fold(quotes) {
    const before = this.records.size;
    this.frames++;
    for (const quote of quotes) this.#foldOne(quote);
    return this.records.size > before;
  }

  #foldOne(quote) {
    let record = this.records.get(quote.symbol);
    if (!record) {
      record = new Record(quote.symbol);
      this.records.set(quote.symbol, record);
    }
    // Sequence numbers compare within a session only: between two sessions the
    // server may have begun to count anew.
    if (record.session === this.session) {
      const step = Number(quote.seq) - record.seq;
      if (step < 0) return;
      this.conflated += Math.max(0, step - 1);
    }
    record.take(quote, this.session);
    this.taken++;
  }
}
