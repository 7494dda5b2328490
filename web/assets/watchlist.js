// Watchlist is what the user watches: names and patterns, each at an interval of
// its own or at that of the list. A name beats a pattern and a longer pattern a
// shorter one, as in the protocol.

export const intervals = ['50ms', '100ms', '250ms', '1s', '5s'];
export const usualInterval = '250ms';

// A list is written into the address, and subscribed to in one message.
export const mostEntries = 500;

const everything = '*';
const entryForm = /^(?:[A-Z0-9._:/-]{1,32}|[A-Z0-9._:/-]{0,31}\*)$/;

// isEntry tells whether a text is a name or a pattern.
export function isEntry(text) {
  return entryForm.test(text);
}

function isPattern(name) {
  return name.endsWith('*');
}

export class Watchlist {
  #interval = usualInterval;
  #entries; // by name or pattern: an interval, or '' for that of the list
  #patterns; // the longest first

  constructor() {
    this.showAll();
  }

  // interval is that of all entries without one of their own.
  get interval() {
    return this.#interval;
  }

  set interval(interval) {
    this.#interval = intervals.includes(interval) ? interval : usualInterval;
  }

  // entries returns [name, own interval] pairs, in the order they were added.
  get entries() {
    return [...this.#entries];
  }

  // all tells whether every symbol is watched.
  get all() {
    return this.#entries.has(everything);
  }

  get full() {
    return this.#entries.size >= mostEntries;
  }

  has(name) {
    return this.#entries.has(name);
  }

  // usual tells whether this is what a new page shows.
  get usual() {
    return this.all && this.#entries.size === 1;
  }

  showAll() {
    this.replace([[everything, '']]);
  }

  // replace takes entries from outside; those that are none are left out.
  replace(entries) {
    const good = entries.filter(([name]) => isEntry(name)).slice(0, mostEntries);
    this.#entries = new Map(good.map(([name, own]) => [name, intervals.includes(own) ? own : '']));
    this.#rank();
  }

  // add begins a list of one's own if everything is shown. It returns whether the
  // entry is in the list now.
  add(name) {
    if (!isEntry(name) || (this.full && !this.has(name))) return false;
    if (this.all) this.#entries = new Map([[name, this.own(name)]]);
    else if (!this.has(name)) this.#entries.set(name, '');
    this.#rank();
    return true;
  }

  remove(name) {
    this.#entries.delete(name);
    this.#rank();
  }

  // setOwn gives a symbol an interval of its own, or with '' takes it away. It
  // returns false if the list has no room for what that needs.
  setOwn(symbol, interval) {
    if (interval === '' && this.#patternOf(symbol) !== undefined) {
      this.#entries.delete(symbol);
      return true;
    }
    if (!isEntry(symbol) || (this.full && !this.has(symbol))) return false;
    this.#entries.set(symbol, interval);
    return true;
  }

  // own returns the interval that a symbol is to have of its own: '' for that of
  // the list, undefined if it is not watched.
  own(symbol) {
    return this.#entries.get(symbol) ?? this.#entries.get(this.#patternOf(symbol));
  }

  // groups returns what to subscribe to: sets of entries by their own intervals.
  groups() {
    const groups = new Map([['', new Set()]]);
    for (const [name, own] of this.#entries) {
      if (!groups.has(own)) groups.set(own, new Set());
      groups.get(own).add(name);
    }
    return groups;
  }

  #patternOf(symbol) {
    return this.#patterns.find((pattern) => symbol.startsWith(pattern.slice(0, -1)));
  }

  #rank() {
    this.#patterns = [...this.#entries.keys()].filter(isPattern).sort((a, b) => b.length - a.length);
  }
}
