// EventParser reads the stream format of Server-Sent Events, in whatever pieces
// it comes.

/**
 * @typedef {object} StreamEvent
 * @property {string} name 'message' if the event has none
 * @property {string} data
 * @property {string} id that of this event or of an earlier one
 */

// An event longer than this is none that the service sends.
const maxEvent = 16 << 20;

export class EventParser {
  #dispatch;
  #rest = '';
  // How much of the rest has no end of line in it.
  #scanned = 0;
  #afterReturn = false;
  #first = true;
  #name = '';
  #id = '';
  #size = 0;
  /** @type {string[]} */
  #data = [];

  /** @param {(event: StreamEvent) => void} dispatch */
  constructor(dispatch) {
    this.#dispatch = dispatch;
  }

  /**
   * push takes the next piece of the stream. It throws a RangeError for an event
   * that is too long.
   * @param {string} text
   */
  push(text) {
    if (text === '') return;
    const piece = this.#begin(text);
    this.#rest += piece;
    const ends = /\r\n|\r|\n/g;
    ends.lastIndex = this.#scanned;
    let start = 0;
    for (let end; (end = ends.exec(this.#rest)); start = ends.lastIndex) this.#line(this.#rest.slice(start, end.index));
    this.#rest = this.#rest.slice(start);
    this.#scanned = this.#rest.length;
    if (this.#scanned + this.#size > maxEvent) throw new RangeError('event is too long');
  }

  /**
   * begin takes away what does not count at the beginning of a piece: the second
   * half of an end of line, and a byte order mark before everything.
   * @param {string} text
   */
  #begin(text) {
    let start = 0;
    if (this.#first && text.startsWith('\uFEFF')) start = 1;
    this.#first = false;
    if (this.#afterReturn && text[start] === '\n') start++;
    this.#afterReturn = text.endsWith('\r');
    return text.slice(start);
  }

  /** @param {string} line */
  #line(line) {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#add(value);
    else if (field === 'event') this.#name = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  /** @param {string} value */
  #add(value) {
    this.#data.push(value);
    this.#size += value.length + 1;
    if (this.#size > maxEvent) throw new RangeError('event is too long');
  }

  #end() {
    const data = this.#data;
    const name = this.#name || 'message';
    this.#data = [];
    this.#name = '';
    this.#size = 0;
    if (data.length > 0) this.#dispatch({ name, data: data.join('\n'), id: this.#id });
  }
}
