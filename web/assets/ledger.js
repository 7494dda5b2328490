// Ledger shows the account that the server keeps of this session: what became of
// every update of its subscriptions. It asks while it is open, and only then.

import { clean, write } from './text.js';
import { group } from './decimal.js';

const askMs = 2000;
const terms = ['produced', 'delivered', 'conflated', 'pending'];
const sizes = ['frames', 'bytes'];

export class Ledger {
  #root;
  #button;
  #note;
  #client;
  #timer = 0;
  #asking = null; // an AbortController while it is open

  constructor(root, button, client) {
    this.#root = root;
    this.#button = button;
    this.#note = root.querySelector('#ledger-note');
    this.#client = client;
    button.addEventListener('click', () => this.toggle());
    root.querySelector('#ledger-close').addEventListener('click', () => this.close());
  }

  get open() {
    return this.#asking !== null;
  }

  toggle() {
    if (this.open) this.close();
    else this.#begin();
  }

  close() {
    if (!this.open) return;
    const focused = this.#root.contains(document.activeElement);
    this.#asking.abort();
    this.#asking = null;
    clearTimeout(this.#timer);
    this.#show(false);
    if (focused) this.#button.focus();
  }

  #begin() {
    this.#asking = new AbortController();
    this.#show(true);
    this.#ask(this.#asking.signal);
  }

  #show(open) {
    this.#root.hidden = !open;
    this.#button.ariaExpanded = String(open);
  }

  async #ask(signal) {
    let words = '';
    try {
      if (!document.hidden) this.#write(await this.#client.ledger({ signal }));
    } catch (error) {
      words = this.#explain(error);
    }
    if (signal.aborted) return;
    write(this.#note, words);
    this.#root.classList.toggle('old', words !== '');
    this.#timer = setTimeout(() => this.#ask(signal), askMs);
  }

  #explain({ code, message }) {
    if (code !== 'unavailable' || this.#client.transport === 'websocket') return clean(message);
    return 'Not available over SSE and long polling: the service tells it over WebSocket only.';
  }

  #write(ledger) {
    for (const name of [...terms, ...sizes]) this.#set(name, group(String(ledger[name])));
    const sum = ledger.delivered + ledger.conflated + ledger.pending;
    const balanced = sum === ledger.produced;
    this.#set('balance', balanced ? 'balances' : `off by ${ledger.produced - sum}`);
    this.#root.classList.toggle('off', !balanced);
    const age = ledger.ageMicros ?? {};
    for (const name of ['p50', 'p99']) this.#set(name, ageText(age[name]));
  }

  #set(name, text) {
    write(this.#root.querySelector(`[data-key="${name}"]`), text);
  }
}

// ageText writes microseconds in the unit that suits them.
export function ageText(micros) {
  if (!Number.isFinite(micros)) return '–';
  if (micros < 1000) return `${micros} µs`;
  if (micros < 1e6) return `${(micros / 1000).toPrecision(3)} ms`;
  return `${(micros / 1e6).toPrecision(3)} s`;
}
