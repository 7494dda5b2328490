// Table shows the records of the list that pass the filter, in the chosen order.
// Only the rows in view are in the document: two empty rows stand for those above
// and below. All reading of positions is done by observers, all writing in
// render, so that a frame never forces a second layout.

import { Header } from './header.js';
import { Row } from './rows.js';
import { sorted } from './columns.js';

const rowPx = 24;
// Rows that fingers hit.
const touchPx = 36;
const narrow = matchMedia('(max-width: 520px)');
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
  #anchor = null; // the record whose row the tabulator goes to
  #rowPx = rowPx;
  #top = 0;
  #height = 0;

  // records is the live Map of records; onChange is called when something that
  // the user did asks for another render.
  constructor(scroller, records, onChange) {
    this.#scroller = scroller;
    this.#records = records;
    this.#table = scroller.querySelector('table');
    this.#header = new Header(this.#table, () => {
      this.rearrange();
      onChange();
    });
    this.#above = spacer();
    this.#below = spacer();
    this.#table.querySelector('tbody').append(this.#above, this.#below);
    this.#observe(onChange);
    this.#measure();
  }

  #observe(onChange) {
    this.#scroller.addEventListener('scroll', () => {
      this.#top = this.#scroller.scrollTop;
      onChange();
    }, { passive: true });
    this.#scroller.addEventListener('focusin', ({ target }) => {
      this.#anchor = this.#recordAt(target) ?? this.#anchor;
      onChange();
    });
    new ResizeObserver(([entry]) => {
      this.#height = entry.contentRect.height;
      onChange();
    }).observe(this.#scroller);
    narrow.addEventListener('change', () => {
      this.#measure();
      onChange();
    });
  }

  #measure() {
    this.#rowPx = narrow.matches ? touchPx : rowPx;
    this.#scroller.style.setProperty('--row', `${this.#rowPx}px`);
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
    this.#scroller.scrollTop += count * this.#rowPx;
  }

  scrollPages(count) {
    this.scrollRows(count * Math.max(1, Math.floor(this.#height / this.#rowPx) - 2));
  }

  scrollToStart() {
    this.#scroller.scrollTop = 0;
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#view.length * this.#rowPx;
  }

  // symbolAt returns the symbol of the row that a node is in; '' if it is in none.
  symbolAt(node) {
    return this.#recordAt(node)?.symbol ?? '';
  }

  #recordAt(node) {
    const tr = node.closest('tbody tr');
    for (const [record, row] of this.#rows) if (row.tr === tr) return record;
    return undefined;
  }

  // focusOn gives the focus to a symbol's row, or to the whole list while that
  // is not in view.
  focusOn(symbol) {
    const row = this.#rows.get(this.#records.get(symbol));
    if (row) row.focus();
    else this.#scroller.focus({ preventScroll: true });
  }

  // moveFocus moves the focus from a row to the next, or by -1 to the one
  // before. It returns false if no row has it.
  moveFocus(from, by) {
    const tr = from.closest('tbody tr');
    const beside = by > 0 ? tr?.nextSibling : tr?.previousSibling;
    beside?.querySelector('button')?.focus();
    return tr !== null;
  }

  // moveWithin moves the focus to what comes next in its row, or by -1 before.
  // It returns false if no row has it.
  moveWithin(from, by) {
    const tr = from.closest('tbody tr');
    const stops = [...(tr?.querySelectorAll('button, select') ?? [])].filter((stop) => stop.checkVisibility());
    stops[stops.indexOf(from) + by]?.focus();
    return tr !== null;
  }

  render(look) {
    if (!this.#arranged) this.#arrange();
    const count = Math.ceil(this.#height / this.#rowPx) + 2 * spareRows;
    const last = Math.max(0, this.#view.length - count);
    const first = Math.min(last, Math.max(0, Math.floor(this.#top / this.#rowPx) - spareRows));
    const inView = this.#view.slice(first, first + count);
    this.#place(inView, first);
    this.#setHeight(this.#above, first);
    this.#setHeight(this.#below, this.#view.length - first - inView.length);
    const fit = (index, length) => this.#header.fit(index, length);
    const anchor = this.#rows.has(this.#anchor) ? this.#anchor : inView[Math.min(spareRows, first)];
    for (const record of inView) {
      const row = this.#rows.get(record);
      row.patch(record, look, fit);
      row.reachable = record === anchor;
    }
  }

  #arrange() {
    const matching = [...this.#records.values()].filter(
      ({ listed, symbol }) => listed && symbol.startsWith(this.#prefix));
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

  #setHeight(tr, rows) {
    const height = `${rows * this.#rowPx}px`;
    if (tr.style.height !== height) tr.style.height = height;
  }
}

function spacer() {
  const tr = document.createElement('tr');
  tr.className = 'spacer';
  tr.ariaHidden = 'true';
  return tr;
}

// Rows count from 1, and the heading is the first.
function setIndex(tr, index) {
  if (tr.ariaRowIndex !== String(index)) tr.ariaRowIndex = index;
}
