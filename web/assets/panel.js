// Panel is where a chart is shown, below the watchlist: the symbol, its live
// numbers, the widths of candles to choose from, and a View while it is open.
// Closed it holds nothing that costs: no timer, no request, no canvas.

import { clean, write } from './text.js';
import { columns, statusOf } from './columns.js';
import { Legend, View } from './view.js';
import { steps } from './candles.js';

const usualStep = steps.find(({ name }) => name === '1m');
// The columns whose numbers stand beside the symbol, and what is no column.
const shownColumns = ['last', 'percent', 'bid', 'ask', 'volume', 'status'].map((name) =>
  columns.find(({ key }) => key === name));
const source = { key: 'source', label: 'Source', text: (record) => record.source };
// Candles that an arrow key moves the view by.
const keyScroll = new Map([['ArrowLeft', -10], ['ArrowRight', 10]]);

export class Panel {
  #root;
  #parts;
  #client;
  #store;
  #look;
  #on;
  #numbers;
  #buttons;
  #step = usualStep;
  #view = null;

  // look is what rows depend on. on has functions to be told of: change, when
  // render would show something new; toggle, when another chart is open or none;
  // and leave(symbol), when the focus was in the panel that has closed.
  constructor(root, { client, store, look, on }) {
    const part = (name) => root.querySelector(`#chart-${name}`);
    this.#root = root;
    this.#parts = {
      symbol: part('symbol'), canvas: part('canvas'), note: part('note'), legend: new Legend(part('legend')),
    };
    this.#client = client;
    this.#store = store;
    this.#look = look;
    this.#on = on;
    this.#numbers = [...shownColumns, source].map((column) => number(part('numbers'), column));
    this.#buttons = steps.map((step) => this.#stepButton(part('steps'), step));
    part('close').addEventListener('click', () => this.close());
    root.addEventListener('keydown', (event) => this.#scroll(event));
  }

  // symbol is whose chart is open; '' if none is.
  get symbol() {
    return this.#view?.symbol ?? '';
  }

  get step() {
    return this.#step;
  }

  // follow does what an address says: {chart, step}.
  follow({ chart, step }) {
    if (chart) this.open(chart, step ?? this.#step);
    else this.close();
  }

  toggle(symbol) {
    if (symbol === this.symbol) this.close();
    else this.open(symbol, this.#step);
  }

  open(symbol, step) {
    if (symbol === this.symbol && step === this.#view?.step) return;
    this.#view?.close();
    this.#step = step;
    this.#root.hidden = false; // or there would be no size to draw in
    this.#view = new View(this.#parts, {
      client: this.#client, symbol, step, onChange: this.#on.change,
    });
    this.fold();
    this.#mark();
    if (!this.#root.contains(document.activeElement)) this.#parts.symbol.focus({ preventScroll: true });
    this.#on.toggle();
  }

  close() {
    if (!this.#view) return;
    const { symbol } = this.#view;
    const focused = this.#root.contains(document.activeElement);
    this.#view.close();
    this.#view = null;
    this.#root.hidden = true;
    this.#on.toggle();
    if (focused) this.#on.leave(symbol);
  }

  // beginSession is to be called when the store's is.
  beginSession() {
    this.#view?.beginSession();
  }

  // fold takes what the store has taken.
  fold() {
    const record = this.#store.records.get(this.symbol);
    if (record?.fresh) this.#view?.observe(record.quote);
  }

  render() {
    if (!this.#view) return;
    const record = this.#store.records.get(this.symbol);
    const status = statusOf(record, this.#look);
    this.#root.dataset.status = status.kind;
    for (const show of this.#numbers) show(record, this.#look);
    this.#view.render(record, status);
  }

  #mark() {
    write(this.#parts.symbol, clean(this.symbol, 64));
    for (const button of this.#buttons) button.ariaPressed = String(button.value === this.#step.name);
  }

  #stepButton(group, step) {
    const button = document.createElement('button');
    button.type = 'button';
    button.value = step.name;
    button.append(step.name);
    button.addEventListener('click', () => this.open(this.symbol, step));
    group.append(button);
    return button;
  }

  #scroll(event) {
    const count = keyScroll.get(event.key);
    if (!count || event.ctrlKey || event.altKey || event.metaKey) return;
    this.#view?.scroll(count);
    event.preventDefault();
  }
}

// number adds a column's heading and returns what shows a record's text in it.
function number(list, column) {
  const value = document.createElement('dd');
  const label = document.createElement('dt');
  const pair = document.createElement('div');
  label.append(column.label);
  pair.dataset.key = column.key;
  pair.append(label, value);
  list.append(pair);
  return (record, look) => write(value, (record && column.text(record, look)) || '–');
}
