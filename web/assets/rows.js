// Row is one row of the document. It is bound to a record for as long as that is
// in view, and patched: only what differs from what stands there is touched.

import { cellOf } from './cells.js';
import { columns, statusOf } from './columns.js';

export class Row {
  tr = document.createElement('tr');
  #cells = columns.map(cellOf);
  #opener;
  #shown = -1;
  #version = -1;
  #kind = '';

  constructor() {
    this.tr.append(...this.#cells.map(({ td }) => td));
    this.#opener = this.tr.querySelector('button');
  }

  // focus puts the focus on what opens the chart.
  focus() {
    this.#opener.focus();
  }

  // reachable makes this the row that the tabulator goes to, or not.
  set reachable(reachable) {
    this.#opener.tabIndex = reachable ? 0 : -1;
  }

  // reset readies the row for another record: nothing of the old one flashes on.
  reset() {
    this.#shown = this.#version = -1;
    for (const cell of this.#cells) cell.reset();
  }

  // patch shows a record. fit is told the length of every text that is written.
  patch(record, look, fit) {
    if (this.#shown === record.version && this.#version === look.version) return;
    const news = this.#shown > 0 && this.#shown !== record.version;
    this.#cells.forEach((cell, i) => {
      const length = cell.patch(record, look, news);
      if (length > 0) fit(i, length);
    });
    this.#status(statusOf(record, look).kind);
    this.#shown = record.version;
    this.#version = look.version;
  }

  #status(kind) {
    if (kind === this.#kind) return;
    this.tr.dataset.status = kind;
    this.#kind = kind;
  }
}
