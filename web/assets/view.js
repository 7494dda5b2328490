// View is one chart of one symbol, from the moment it is opened until it is
// closed: its candles, what fetches them, what draws them, and the words beside.

import * as decimal from './decimal.js';
import { Candles } from './candles.js';
import { Chart, loadLibrary } from './chart.js';
import { clean, write } from './text.js';
import { Labels } from './axis.js';
import { Past } from './past.js';

const pastTexts = {
  loading: () => 'Loading candles…',
  ready: ({ empty }) => (empty ? 'No trades in this range' : ''),
  missing: ({ name, only }) => `No history for ${name} yet${only}`,
  off: ({ only }) => `History is off on this service${only}`,
  refused: ({ why, only }) => `History was refused (${why})${only}`,
  unavailable: ({ only }) => `History is not available now${only}`,
};

export class View {
  #canvas;
  #legend;
  #note;
  #name;
  #candles;
  #past;
  #labels;
  #onChange;
  #chart = null;
  #broken = false;
  #closed = false;
  #hovered = 0;

  // parts are elements: {canvas, note} and legend, a Legend. onChange is called
  // when render would show something new.
  constructor({ canvas, legend, note }, { client, symbol, step, onChange }) {
    this.#canvas = canvas;
    this.#legend = legend;
    this.#note = note;
    this.#name = clean(symbol, 64);
    this.symbol = symbol;
    this.step = step;
    this.#onChange = onChange;
    this.#candles = new Candles(step);
    this.#labels = new Labels(step);
    this.#past = new Past({ client, symbol, step, candles: this.#candles, onChange });
    this.#load();
  }

  close() {
    this.#closed = true;
    this.#past.close();
    this.#chart?.remove();
  }

  // beginSession fetches what was missed.
  beginSession() {
    this.#candles.beginSession();
    this.#past.wake();
  }

  observe(quote) {
    this.#candles.observe(quote);
  }

  scroll(count) {
    this.#chart?.scroll(count);
  }

  // render shows the candles and what is to be said of them. status is that of
  // the symbol's record, or of there being none.
  render(record, status) {
    const { list, places: finest } = this.#candles;
    const places = Math.max(finest, record?.places ?? 0);
    this.#chart?.draw(list, places);
    const candle = list.findLast(({ ts }) => ts === this.#hovered) ?? list.at(-1);
    this.#legend.show(candle, this.#labels, places);
    write(this.#note, this.#words(status, list.length === 0));
  }

  async #load() {
    try {
      const library = await loadLibrary();
      if (!this.#closed) this.#chart = this.#newChart(library);
    } catch (error) {
      console.error(error);
      this.#broken = true;
    }
    this.#onChange();
  }

  #newChart(library) {
    return new Chart(library, this.#canvas, {
      step: this.step,
      onHover: (time) => {
        this.#hovered = time;
        this.#onChange();
      },
      onNearStart: () => this.#past.earlier(),
    });
  }

  #words({ kind, text }, empty) {
    if (this.#broken) return 'The chart could not be loaded';
    const { name, why } = this.#past.state;
    const only = kind === 'live' ? ': live only' : '';
    const told = pastTexts[name]({ name: this.#name, why, empty, only });
    return [told, kind === 'live' ? '' : `Not live: ${text}`].filter(Boolean).join(' · ');
  }
}

// Legend shows one candle with all of its digits.
export class Legend {
  #root;
  #time;
  #prices;
  #volume;
  #trades;

  constructor(root) {
    this.#root = root;
    this.#time = field(root, '');
    this.#prices = ['open', 'high', 'low', 'close'].map((key) => [key, field(root, key[0].toUpperCase())]);
    this.#volume = field(root, 'V');
    this.#trades = field(root, 'Trades');
  }

  show(candle, labels, places) {
    this.#root.hidden = !candle;
    if (!candle) return;
    const { ts, volume, trades } = candle;
    write(this.#time, labels.full(ts / 1e6));
    for (const [key, node] of this.#prices) write(node, decimal.pad(candle[key], places));
    write(this.#volume, decimal.group(volume) || '–');
    write(this.#trades, decimal.group(String(trades || '–')));
    const way = decimal.compare(candle.close, candle.open);
    this.#root.classList.toggle('up', way > 0);
    this.#root.classList.toggle('down', way < 0);
  }
}

// field adds a label with room for a text behind it, and returns that room.
function field(root, label) {
  const value = document.createElement('b');
  const holder = document.createElement('span');
  holder.append(label, ' ', value);
  root.append(holder, ' ');
  return value;
}
