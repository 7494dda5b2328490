// Subscriptions keeps what the server is asked for in step with the watchlist:
// one subscription for the list, and one for each interval that rows have of
// their own. A chart of a symbol that is not in the list joins the list's.

export class Subscriptions {
  #client;
  #watchlist;
  #on;
  #open = new Map(); // by own interval, '' for that of the list

  // on has functions to be told of: quotes(list, own interval), granted(interval)
  // of the list, changed(), when what is fresh may have changed,
  // rejected(symbol, code), and refused(code, message) of a whole command.
  constructor(client, watchlist, on) {
    this.#client = client;
    this.#watchlist = watchlist;
    this.#on = on;
  }

  // follow is to be called after the list or the symbol beside it has changed. What
  // begins does so before anything ends, so that no symbol is left out between.
  follow(besides) {
    const groups = this.#watchlist.groups();
    if (besides && this.#watchlist.own(besides) === undefined) groups.get('').add(besides);
    for (const [own, names] of groups) this.#add(own, names);
    for (const [own, open] of this.#open) this.#remove(own, open, groups.get(own) ?? new Set());
  }

  #add(own, names) {
    const open = this.#open.get(own);
    const missing = [...names.difference(new Set(open?.symbols))];
    if (missing.length === 0) return;
    if (open) open.add(missing);
    else this.#begin(own, missing);
  }

  #begin(own, names) {
    const open = this.#client.subscribe(names, { interval: own || this.#watchlist.interval });
    open.on('quotes', (quotes) => this.#on.quotes(quotes, own));
    open.on('subscribed', () => this.#subscribed(own, open));
    open.on('rejected', (list) => list.forEach(({ symbol, code }) => this.#on.rejected(symbol, code)));
    open.on('error', ({ code, message }) => this.#on.refused(code, message));
    this.#open.set(own, open);
  }

  #remove(own, open, names) {
    const gone = [...new Set(open.symbols).difference(names)];
    if (names.size > 0 && gone.length > 0) open.remove(gone);
    if (names.size > 0) return;
    open.unsubscribe();
    this.#open.delete(own);
  }

  // setInterval is to be called after the interval of the list has changed.
  setInterval() {
    this.#open.get('')?.configure({ interval: this.#watchlist.interval });
  }

  #subscribed(own, open) {
    if (own === '') this.#on.granted(open.interval);
    this.#on.changed();
  }
}
