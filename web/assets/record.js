// Record is the newest quote of one symbol, and what the page makes of it. Its
// numbers are plain decimals as text; '' stands for one that is not known.

import * as decimal from './decimal.js';
import { clean } from './text.js';
import { Trace } from './trace.js';

const bySide = /^([^:]+):([^/]*)\/(.*)$/;

export class Record {
  trace = new Trace();
  // version counts the quotes that were taken.
  version = 0;
  // fresh tells whether this session vouches for the quote; own is the interval
  // that the symbol has of its own, listed whether the list shows it, refused why
  // the server will not send it.
  fresh = false;
  own = '';
  listed = false;
  refused = '';
  // first is the first last price that this page saw; places the most digits
  // behind the point of any price, so that prices do not jump sideways.
  first = '';
  places = 0;
  // rate is how many records came in a second, of late.
  rate = 0;
  quote = {};
  #change = null;
  #session = 0;
  #counted = 0;

  constructor(symbol) {
    this.symbol = symbol;
    this.name = clean(symbol, 64);
  }

  // take takes a quote of a session, 0 for one that is over: sequence numbers
  // compare within a session only. It returns how many updates were replaced by
  // this one before they were sent, or -1 if it is not newer.
  take(quote, session) {
    const same = session !== 0 && session === this.#session;
    const step = same ? quote.seq - this.quote.seq : 1;
    if (step <= 0) return -1;
    this.quote = quote;
    this.version++;
    this.#session = session;
    this.#change = null;
    this.#measure(quote);
    this.trace.take(Number(this.value('last') || this.value('bid') || NaN), performance.now(), !same);
    return step - 1;
  }

  #measure(quote) {
    for (const price of [quote.bid, quote.ask, quote.last, quote.open]) {
      if (price !== undefined) this.places = Math.max(this.places, decimal.places(decimal.plain(price)));
    }
    this.first ||= this.value('last');
  }

  // pace works out the rate from what was taken in so many seconds.
  pace(seconds) {
    this.rate = (this.version - this.#counted) / seconds;
    this.#counted = this.version;
  }

  value(field) {
    return decimal.plain(this.quote[field]);
  }

  // recv is when the server accepted the record, in microseconds; 0 if unknown.
  get recv() {
    return Number(this.quote.recv) || 0;
  }

  // source names the feed; of a composite, where its bid and its ask come from.
  get source() {
    const source = clean(this.quote.source, 96);
    const [, name, bid, ask] = bySide.exec(source) ?? [];
    return name ? `${name} (bid ${bid || 'none'}, ask ${ask || 'none'})` : source;
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
