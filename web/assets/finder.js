// Finder is the search field: what is typed filters the rows, and the symbols of
// the service that begin with it are offered, to be added to the list.

import { clean } from './text.js';
import { isEntry } from './watchlist.js';

const mostSymbols = 10;
// A pause of the typist after which the service is asked.
const pauseMs = 120;

export class Finder {
  #input;
  #list;
  #client;
  #on;
  #offers = []; // {name, element}
  #active = 0;
  #asking = new AbortController();
  #asked = Promise.resolve();

  // on has functions to be told of: filter(prefix), add(name), and has(name), which
  // tells whether it is in the list.
  constructor(input, list, client, on) {
    this.#input = input;
    this.#list = list;
    this.#client = client;
    this.#on = on;
    input.addEventListener('input', () => this.#typed());
    input.addEventListener('keydown', (event) => this.#key(event));
    input.addEventListener('blur', () => this.#close());
    // The field keeps the focus, or the list would close before the click.
    list.addEventListener('pointerdown', (event) => event.preventDefault());
    list.addEventListener('click', ({ target }) => {
      const offer = this.#offers.find(({ element }) => element.contains(target));
      if (offer) this.#choose(offer.name);
    });
  }

  get prefix() {
    return this.#input.value.trim().toUpperCase();
  }

  focus() {
    this.#input.focus();
  }

  clear() {
    this.#input.value = '';
    this.#typed();
  }

  // #typed leaves the offers of the text before in place until there are others.
  #typed() {
    const { prefix } = this;
    this.#on.filter(prefix.replace(/\*$/, ''));
    if (!prefix) {
      this.#close();
      return;
    }
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#asked = this.#offer(prefix, this.#asking.signal);
  }

  async #offer(prefix, signal) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (signal.aborted) return;
    const symbols = await this.#search(prefix.replace(/\*$/, ''), signal);
    if (signal.aborted) return;
    this.#show(offersFor(prefix, symbols));
  }

  async #search(prefix, signal) {
    try {
      return (await this.#client.symbols({ prefix, limit: mostSymbols, signal })).symbols;
    } catch {
      return []; // what was typed can still be added
    }
  }

  #show(names) {
    this.#offers = names.map((name, i) => ({ name, element: this.#option(name, i) }));
    this.#list.replaceChildren(...this.#offers.map(({ element }) => element));
    this.#list.hidden = names.length === 0;
    this.#input.ariaExpanded = String(names.length > 0);
    this.#mark(0);
  }

  #option(name, i) {
    const option = document.createElement('li');
    const note = document.createElement('span');
    option.id = `offer-${i}`;
    option.role = 'option';
    note.append(this.#on.has(name) ? 'in the list' : name.endsWith('*') ? 'all that begin so' : 'add');
    option.append(clean(name, 64), note);
    return option;
  }

  #close() {
    this.#asking.abort();
    this.#show([]);
  }

  #mark(active) {
    this.#active = active;
    this.#offers.forEach(({ element }, i) => {
      element.ariaSelected = String(i === active);
    });
    const marked = this.#offers[active]?.element;
    if (marked) this.#input.setAttribute('aria-activedescendant', marked.id);
    else this.#input.removeAttribute('aria-activedescendant');
    marked?.scrollIntoView({ block: 'nearest' });
  }

  #key(event) {
    const count = this.#offers.length;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') this.#enter();
    else if (by && count > 0) this.#mark((this.#active + by + count) % count);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // #enter waits for the offers, for whoever types faster than they come.
  async #enter() {
    const { prefix } = this;
    await this.#asked;
    const offer = this.#offers[this.#active];
    if (offer && prefix === this.prefix) this.#choose(offer.name);
  }

  #choose(name) {
    this.#on.add(name);
    this.clear();
  }
}

// offersFor lists what can be added for a typed text: symbols, and a pattern. A
// text that no symbol begins with may be one that is still to come.
function offersFor(typed, symbols) {
  const pattern = typed.endsWith('*') ? typed : `${typed}*`;
  const names = symbols.length > 0 || typed.endsWith('*') ? symbols : [typed];
  const offers = typed.endsWith('*') ? [pattern, ...names] : [...names, pattern];
  return offers.filter(isEntry);
}
