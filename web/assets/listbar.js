// Listbar says what the list is, where it is not every symbol: how many names,
// and the patterns, each with a button that removes it.

import { clean, write } from './text.js';

export class Listbar {
  #root;
  #words;
  #patterns;
  #watchlist;

  // onRemove is called with a pattern, onAll without anything.
  constructor(root, watchlist, { onRemove, onAll }) {
    this.#root = root;
    this.#words = root.querySelector('#list-words');
    this.#patterns = root.querySelector('#patterns');
    this.#watchlist = watchlist;
    const showAll = root.querySelector('#show-all');
    showAll.addEventListener('click', onAll);
    this.#patterns.addEventListener('click', ({ target }) => {
      const { value } = target.closest('button') ?? {};
      if (!value) return;
      onRemove(value);
      showAll.focus(); // the button that had the focus is gone
    });
  }

  render() {
    const names = this.#watchlist.entries.map(([name]) => name);
    const patterns = names.filter((name) => name.endsWith('*'));
    this.#root.hidden = this.#watchlist.all;
    document.documentElement.dataset.list = this.#watchlist.all ? 'all' : 'own';
    write(this.#words, words(names.length - patterns.length));
    this.#patterns.replaceChildren(...patterns.map(chip));
  }
}

function words(count) {
  return count === 1 ? 'Your list: 1 symbol' : `Your list: ${count} symbols`;
}

function chip(pattern) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.value = pattern;
  button.ariaLabel = `Remove all that begin with ${clean(pattern.slice(0, -1))}`;
  button.append('×');
  item.append(clean(pattern), button);
  return item;
}
