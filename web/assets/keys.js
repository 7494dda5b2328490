// Keys are the shortcuts of the page. Those of a single character can be turned
// off, for people whose words to the machine are keystrokes to a page; the
// choice is kept in the browser.

import { recall, remember } from './choices.js';

export class Keys {
  #plain;
  #letters;
  #enabled;

  // plain and letters, which are not for who is typing, are Maps by key of what
  // to do: (target) → false if that is nothing. toggle turns letters off.
  constructor({ plain, letters }, toggle) {
    this.#plain = plain;
    this.#letters = letters;
    this.#enabled = toggle;
    toggle.checked = recall('shortcuts') !== 'off';
    toggle.addEventListener('change', () => remember('shortcuts', toggle.checked ? 'on' : 'off'));
    document.addEventListener('keydown', (event) => this.#take(event));
  }

  #take(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
    const act = this.#find(event);
    if (!act || keepsKey(event.target, event.key) || act(event.target) === false) return;
    event.preventDefault();
  }

  #find({ key: name, target }) {
    const typing = target instanceof HTMLInputElement;
    return this.#plain.get(name) ?? (typing || !this.#enabled.checked ? undefined : this.#letters.get(name));
  }
}

const sideKeys = new Set(['ArrowLeft', 'ArrowRight']);
const selectKeys = new Set(['ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown']);
const inputKeys = new Set([...sideKeys, 'Home', 'End', 'Delete']);

// keepsKey tells whether an element has its own use for a key. In a row, arrows to
// the side go on from it.
function keepsKey(target, name) {
  if (target instanceof HTMLSelectElement) return selectKeys.has(name) || (sideKeys.has(name) && !target.closest('td'));
  return target instanceof HTMLInputElement && inputKeys.has(name);
}
