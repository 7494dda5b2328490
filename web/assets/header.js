// Header builds the headings of the table: buttons that choose the order, and
// the widths of the columns.

import { classesOf } from './cells.js';
import { columns } from './columns.js';

export class Header {
  column = columns[0];
  descending = false;
  #headings;
  #widths;

  // onSort is called after a click has changed the order.
  constructor(table, onSort) {
    this.#widths = columns.map((column) => new Width(table.querySelector('colgroup'), column));
    this.#headings = columns.map((column) => heading(column, () => {
      this.#choose(column);
      onSort();
    }));
    table.querySelector('thead tr').append(...this.#headings);
    this.#mark();
  }

  // fit widens a column for a text of the given length.
  fit(index, length) {
    this.#widths[index].fit(length);
  }

  #choose(column) {
    this.descending = column === this.column && !this.descending;
    this.column = column;
    this.#mark();
  }

  #mark() {
    columns.forEach((column, i) => {
      if (!column.rank) return;
      this.#headings[i].ariaSort = column !== this.column ? 'none' : this.descending ? 'descending' : 'ascending';
    });
  }
}

// heading is a button, over a column that has an order.
function heading(column, onClick) {
  const th = document.createElement(column.rank ? 'th' : 'td');
  th.className = classesOf(column);
  if (!column.rank) return th;
  th.scope = 'col';
  th.title = column.hint ?? '';
  const button = document.createElement('button');
  button.type = 'button';
  button.append(column.label);
  button.addEventListener('click', onClick);
  th.append(button);
  return th;
}

// Width is the width of a column in characters. It only ever grows, so that
// columns do not jump; it grows as far as needed, so that no digit is cut off.
class Width {
  #col = document.createElement('col');
  #ch = 0;

  constructor(group, column) {
    this.#col.className = `c-${column.key}`;
    group.append(this.#col);
    this.fit(column.ch);
  }

  fit(ch) {
    if (ch <= this.#ch) return;
    this.#ch = ch;
    this.#col.style.setProperty('--ch', ch);
  }
}
