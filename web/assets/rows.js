// Row is one row of the document. It is bound to a record for as long as that is
// in view, and patched: only what differs from what stands there is touched.

import * as decimal from './decimal.js';
import { columns, statusOf } from './columns.js';

// A cell holds one text node; nothing from the server is ever parsed as markup.
class Cell {
  text = '';
  #td = document.createElement('td');
  #node = document.createTextNode('');
  #classes = '';
  #flash = '';
  #beat = 0;

  constructor(tr, column) {
    this.#classes = column.numeric ? `c-${column.key} number` : `c-${column.key}`;
    this.#td.className = this.#classes;
    const holder = column.holder ? this.#td.appendChild(document.createElement(column.holder)) : this.#td;
    holder.append(this.#node);
    tr.append(this.#td);
  }

  write(text) {
    this.#node.data = text;
    this.text = text;
  }

  // flash starts the animation of a direction. Two names for the same animation
  // take turns: a new name restarts it without asking the browser for a layout.
  flash(direction) {
    this.#beat ^= 1;
    const flash = `${direction > 0 ? 'up' : 'down'}-${this.#beat}`;
    if (this.#flash) this.#td.classList.replace(this.#flash, flash);
    else this.#td.classList.add(flash);
    this.#flash = flash;
  }

  tint(direction) {
    this.#td.classList.toggle('rise', direction > 0);
    this.#td.classList.toggle('fall', direction < 0);
  }

  reset() {
    this.#td.className = this.#classes;
    this.#flash = '';
  }

  // explain sets what is shown when the pointer rests on the cell.
  explain(text) {
    if (this.#td.title !== text) this.#td.title = text;
  }
}

export class Row {
  tr = document.createElement('tr');
  #cells = columns.map((column) => new Cell(this.tr, column));
  #opener = this.tr.querySelector('button');
  #quote = null;
  #version = -1;
  #kind = '';

  constructor() {
    this.#opener.type = 'button';
    this.#opener.setAttribute('aria-controls', 'chart');
    this.#opener.ariaExpanded = 'false';
  }

  // focus puts the focus on what opens the chart.
  focus() {
    this.#opener.focus();
  }

  // reset readies the row for another record: nothing of the old one flashes on.
  reset() {
    this.#quote = null;
    for (const cell of this.#cells) cell.reset();
  }

  // patch shows a record. fit is told the length of every text that is written.
  patch(record, look, fit) {
    if (this.#quote === record.quote && this.#version === look.version) return;
    const flashes = this.#quote !== null && this.#quote !== record.quote;
    columns.forEach((column, i) => {
      const text = column.text(record, look);
      const cell = this.#cells[i];
      if (column.signed && (text !== cell.text || this.#quote === null)) cell.tint(decimal.sign(text));
      if (text === cell.text) return;
      const direction = flashes && column.flash && text && cell.text ? decimal.compare(text, cell.text) : 0;
      if (direction !== 0) cell.flash(direction);
      cell.write(text);
      fit(i, text.length);
    });
    this.#cells[0].explain(record.source);
    this.#status(statusOf(record, look).kind);
    this.#expand(record.symbol === look.open);
    this.#quote = record.quote;
    this.#version = look.version;
  }

  #expand(open) {
    const state = String(open);
    if (this.#opener.ariaExpanded !== state) this.#opener.ariaExpanded = state;
  }

  #status(kind) {
    if (kind === this.#kind) return;
    this.tr.dataset.status = kind;
    this.#kind = kind;
  }
}
