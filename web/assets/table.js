// Table shows the records that pass the filter, in the chosen order. Only the
// rows in view are in the document: two empty rows stand for those above and
// below. All reading of positions is done by observers, all writing in render,
// so that a frame never forces a second layout.

import { Header } from './header.js';
import { Row } from './rows.js';
import { sorted } from './columns.js';

const rowPx = 24;
// Rows kept ready above and below the view, for scrolling.
const spareRows = 6;

export class Table {
  #scroller;
  #table;
  #header;
  #above;
  #below;

  #records;
  #prefix = '';
  #view = [];
  #arranged = false;

  #rows = new Map(); // by record
  #top = 0;
  #height = 0;

  // records is the live Map of records; onChange is called when something that
  // the user did asks for another render.
  constructor(scroller, records, onChange) {
    this.#scroller = scroller;
    this.#records = records;
    this.#table = scroller.querySelector('table');
    scroller.style.setProperty('--row', `${rowPx}px`);
    this.#header = new Header(this.#table, () => {
      this.rearrange();
      onChange();
    });
    this.#above = spacer();
    this.#below = spacer();
    this.#table.querySelector('tbody').append(this.#above, this.#below);
    this.#observe(onChange);
  }

  #observe(onChange) {
    this.#scroller.addEventListener('scroll', () => {
      this.#top = this.#scroller.scrollTop;
      onChange();
    }, { passive: true });
    new ResizeObserver(([entry]) => {
      this.#height = entry.contentRect.height;
      onChange();
    }).observe(this.#scroller);
  }

  // The number of records that pass the filter.
  get shown() {
    return this.#view.length;
  }

  filter(prefix) {
    this.#prefix = prefix;
    this.#scroller.scrollTop = 0;
    this.rearrange();
  }

  // rearrange makes the next render filter and sort anew.
  rearrange() {
    this.#arranged = false;
  }

  // scrollRows scrolls by a number of rows; scrollPages by screenfuls.
  scrollRows(count) {
    this.#scroller.scrollTop += count * rowPx;
  }

  scrollPages(count) {
    this.scrollRows(count * Math.max(1, Math.floor(this.#height / rowPx) - 2));
  }

  scrollToStart() {
    this.#scroller.scrollTop = 0;
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#view.length * rowPx;
  }

  // symbolAt returns the symbol of the row that a node is in; '' if it is in none.
  symbolAt(node) {
    const tr = node.closest('tbody tr');
    for (const [record, row] of this.#rows) if (row.tr === tr) return record.symbol;
    return '';
  }

  // focusOn gives the focus to a symbol's row, or to the whole list while that
  // is not in view.
  focusOn(symbol) {
    for (const [record, row] of this.#rows) {
      if (record.symbol === symbol) return row.focus();
    }
    this.#scroller.focus({ preventScroll: true });
  }

  // moveFocus moves the focus from a row to the next, or by -1 to the one
  // before. It returns false if no row has it.
  moveFocus(from, by) {
    const tr = from.closest('tbody tr');
    const beside = by > 0 ? tr?.nextSibling : tr?.previousSibling;
    beside?.querySelector('button')?.focus();
    return tr !== null;
  }

  render(look) {
    if (!this.#arranged) this.#arrange();
    const count = Math.ceil(this.#height / rowPx) + 2 * spareRows;
    const last = Math.max(0, this.#view.length - count);
    const first = Math.min(last, Math.max(0, Math.floor(this.#top / rowPx) - spareRows));
    const inView = this.#view.slice(first, first + count);
    this.#place(inView, first);
    setHeight(this.#above, first);
    setHeight(this.#below, this.#view.length - first - inView.length);
    const fit = (index, length) => this.#header.fit(index, length);
    for (const record of inView) this.#rows.get(record).patch(record, look, fit);
  }

  #arrange() {
    const matching = [...this.#records.values()].filter((record) => record.symbol.startsWith(this.#prefix));
    this.#view = sorted(matching, this.#header.column, this.#header.descending);
    this.#table.ariaRowCount = this.#view.length + 1;
    this.#arranged = true;
  }

  // #place puts the rows of these records between the spacers, in order. A
  // record that stays in view keeps its row, and a row that stays where it is
  // is not touched. The focus stays with its row also where that is moved.
  #place(records, first) {
    const free = this.#release(new Set(records));
    const focused = document.activeElement;
    let next = this.#above.nextSibling;
    records.forEach((record, i) => {
      const row = this.#rows.get(record) ?? this.#bind(record, free.pop() ?? new Row());
      if (row.tr === next) next = next.nextSibling;
      else next.before(row.tr);
      setIndex(row.tr, first + i + 2);
    });
    for (const row of free) row.tr.remove();
    if (document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  // #release takes the rows away from records that went out of view, and the
  // focus with them: the row may show another symbol next.
  #release(keep) {
    const free = [];
    for (const [record, row] of this.#rows) {
      if (keep.has(record)) continue;
      if (row.tr.contains(document.activeElement)) this.#scroller.focus({ preventScroll: true });
      this.#rows.delete(record);
      free.push(row);
    }
    return free;
  }

  #bind(record, row) {
    row.reset();
    this.#rows.set(record, row);
    return row;
  }
}

function spacer() {
  const tr = document.createElement('tr');
  tr.className = 'spacer';
  tr.ariaHidden = 'true';
  return tr;
}

function setHeight(tr, rows) {
  const height = `${rows * rowPx}px`;
  if (tr.style.height !== height) tr.style.height = height;
}

// Rows count from 1, and the heading is the first.
function setIndex(tr, index) {
  if (tr.ariaRowIndex !== String(index)) tr.ariaRowIndex = index;
}
