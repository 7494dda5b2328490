// The cells of a row: what a column shows of a record. Each has
//
//   td                             the cell
//   patch(record, look, news)      shows a record; news tells whether its quote is
//                                  a newer one of what the cell showed before.
//                                  It returns the length of a text that it wrote
//   reset()                        forgets the record

import * as decimal from './decimal.js';
import { intervals } from './watchlist.js';
import { Sparkline } from './sparkline.js';
import { statusOf } from './columns.js';
import { write } from './text.js';

// Text is a cell with one text node, touched where it differs: nothing from the
// server is ever parsed as markup.
class Text {
  td = document.createElement('td');
  #column;
  #text = '';
  #node = document.createTextNode('');
  #classes;
  #flash = '';
  #beat = 0;

  constructor(column, holder = this.td) {
    this.#column = column;
    this.#classes = this.td.className = classesOf(column);
    if (holder !== this.td) this.td.append(holder);
    holder.append(this.#node);
  }

  patch(record, look, news) {
    const text = this.#column.text(record, look);
    if (text === this.#text) return 0;
    if (this.#column.signed) this.#tint(decimal.sign(text));
    if (news && this.#column.flash && text && this.#text) this.#show(decimal.compare(text, this.#text));
    this.#node.data = this.#text = text;
    return text.length;
  }

  reset() {
    this.td.className = this.#classes;
    this.#flash = '';
    this.#node.data = this.#text = '';
  }

  // #show starts the animation of a direction. Two names for the same animation
  // take turns: a new name restarts it without asking the browser for a layout.
  #show(direction) {
    if (direction === 0) return;
    this.#beat ^= 1;
    const flash = `${direction > 0 ? 'up' : 'down'}-${this.#beat}`;
    if (this.#flash) this.td.classList.replace(this.#flash, flash);
    else this.td.classList.add(flash);
    this.#flash = flash;
  }

  #tint(direction) {
    this.td.classList.toggle('rise', direction > 0);
    this.td.classList.toggle('fall', direction < 0);
  }
}

// Opener is the symbol, as the button that opens its chart.
class Opener extends Text {
  #button;

  constructor(column) {
    const button = document.createElement('button');
    super(column, button);
    this.#button = button;
    button.type = 'button';
    button.tabIndex = -1;
    button.setAttribute('aria-controls', 'chart');
  }

  patch(record, look, news) {
    explain(this.td, record.source);
    setExpanded(this.#button, record.symbol === look.open);
    return super.patch(record, look, news);
  }
}

function setExpanded(button, open) {
  if (button.ariaExpanded !== String(open)) button.ariaExpanded = String(open);
}

class Badge extends Text {
  constructor(column) {
    super(column, document.createElement('span'));
  }
}

// Trend is a sparkline, drawn anew where there is something new in it.
class Trend {
  td = document.createElement('td');
  #line = new Sparkline();
  #drawn = '';

  constructor(column) {
    this.td.className = classesOf(column);
    this.td.append(this.#line.canvas);
  }

  patch(record, look) {
    const color = look.inks[statusOf(record, look).kind === 'live' ? decimal.sign(record.change) : 'dim'];
    const drawn = `${record.trace.version} ${color} ${devicePixelRatio}`;
    if (drawn !== this.#drawn) this.#line.draw(record.trace.points(), color);
    this.#drawn = drawn;
    return 0;
  }

  reset() {
    this.#drawn = '';
  }
}

// Interval lets a row have an interval of its own.
class Interval {
  td = document.createElement('td');
  #select = document.createElement('select');
  #list = new Option('', '');

  constructor(column) {
    this.td.className = classesOf(column);
    this.#select.className = 'own';
    this.#select.tabIndex = -1;
    const own = intervals.map((interval) => new Option(interval));
    this.#select.append(optgroup('As the list', [this.#list]), optgroup('Of its own', own));
    this.td.append(this.#select);
  }

  patch(record, look) {
    write(this.#list, look.watchlist.interval);
    if (this.#select.value !== record.own) this.#select.value = record.own;
    label(this.#select, `Interval of ${record.name}`);
    return 0;
  }

  reset() {}
}

function optgroup(label, options) {
  const group = document.createElement('optgroup');
  group.label = label;
  group.append(...options);
  return group;
}

// Remove takes a row out of the list. What only a pattern brought into it has no
// such button.
class Remove {
  td = document.createElement('td');
  #button = document.createElement('button');

  constructor(column) {
    this.td.className = classesOf(column);
    this.#button.type = 'button';
    this.#button.tabIndex = -1;
    this.#button.className = 'remove';
    this.#button.append('×');
    this.td.append(this.#button);
  }

  patch(record, look) {
    label(this.#button, `Remove ${record.name}`);
    const hidden = !look.watchlist.has(record.symbol);
    if (this.#button.hidden !== hidden) this.#button.hidden = hidden;
    return 0;
  }

  reset() {}
}

const kinds = { opener: Opener, badge: Badge, trend: Trend, interval: Interval, remove: Remove };

export function cellOf(column) {
  return new (kinds[column.kind] ?? Text)(column);
}

export function classesOf({ key, numeric }) {
  return numeric ? `c-${key} number` : `c-${key}`;
}

function label(element, text) {
  if (element.ariaLabel !== text) element.ariaLabel = text;
}

function explain(element, text) {
  if (element.title !== text) element.title = text;
}
