// Granted is what a session of the server knows of the plan, and what it is to
// be told next: one command at a time, so that answers never cross.

/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').Plan} Plan */

/**
 * @typedef {object} Command
 * @property {'subscribe' | 'unsubscribe'} action
 * @property {string[]} names
 * @property {Terms | null} terms of a subscribe
 * @property {string} since
 */

/**
 * One entry that the server was told of. Held is what it has in force; told is
 * what it was asked for last, whether it agreed or not. An entry that is leaving
 * was not wanted for a moment, in which its records were given up.
 * @typedef {{told: Terms, held: Terms | null, answeredAt: number, leaving: boolean}} Entry
 */

// What a subscribe has besides its symbols, and what JSON puts around each.
const commandBytes = 1024;
const quotedBytes = 3;

export class Granted {
  #bookmarks;
  #limits;
  /** @type {Plan} */
  #plan = new Map();
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  #cursor = '';
  #cursors = 0;

  /**
   * @param {import('./bookmarks.js').Bookmarks} bookmarks
   * @param {Readonly<Record<string, number>>} limits
   */
  constructor(bookmarks, limits) {
    this.#bookmarks = bookmarks;
    this.#limits = limits;
  }

  /** @param {Plan} plan */
  want(plan) {
    this.#plan = plan;
    for (const [name, entry] of this.#entries) entry.leaving ||= !plan.has(name);
  }

  /**
   * next returns the next command, or null if the server knows everything:
   * first what makes room.
   * @returns {Command | null}
   */
  next() {
    return this.#leave() ?? this.#join();
  }

  /** @returns {Command | null} */
  #leave() {
    const leaving = [...this.#entries].filter(([, entry]) => entry.leaving);
    const names = this.#fitting(leaving.map(([name]) => name));
    return names.length > 0 ? { action: 'unsubscribe', names, terms: null, since: '' } : null;
  }

  /** @returns {Command | null} */
  #join() {
    /** @type {string[]} */
    const names = [];
    /** @type {{terms: Terms, since: string} | null} */
    let shared = null;
    for (const [name, terms] of this.#plan) {
      if (this.#entries.get(name)?.told.key === terms.key) continue;
      const since = this.#since(name, terms);
      shared ??= { terms, since };
      if (shared.terms.key === terms.key && shared.since === since) names.push(name);
    }
    return shared && { action: 'subscribe', names: this.#fitting(names), ...shared };
  }

  /**
   * since is a cursor of an earlier session: an entry that this one has is
   * brought up to date without.
   * @param {string} name
   * @param {Terms} terms
   */
  #since(name, terms) {
    return this.#entries.get(name)?.held ? '' : this.#bookmarks.since(name, terms);
  }

  /**
   * fitting cuts a list to what one message may hold.
   * @param {string[]} names
   */
  #fitting(names) {
    const { symbols = 1000, messageBytes = 65536 } = this.#limits;
    let room = messageBytes - commandBytes;
    let count = 0;
    for (const name of names) {
      room -= name.length + quotedBytes;
      if (count > 0 && (room < 0 || count >= symbols)) break;
      count++;
    }
    return names.slice(0, count);
  }

  /**
   * answered is told that a command was carried out, but for those names.
   * @param {Command} command
   * @param {ReadonlyMap<string, string>} rejected
   */
  answered({ names, terms }, rejected) {
    for (const name of names) {
      if (!terms) this.#entries.delete(name);
      else this.#note(name, terms, rejected.has(name) ? null : terms);
      if (!terms || rejected.has(name)) this.#bookmarks.forget(name);
    }
    // What there was no room for may fit now.
    if (!terms) this.#retry();
  }

  /**
   * refused is told that a command was refused as a whole: what was granted
   * before is still in force.
   * @param {Command} command
   */
  refused({ names, terms }) {
    for (const name of names) {
      if (terms) this.#note(name, terms, this.#entries.get(name)?.held ?? null);
      else this.#entries.delete(name);
    }
  }

  /**
   * note keeps what the answer to a subscribe said, which may have come when the
   * name was no longer wanted.
   * @param {string} name
   * @param {Terms} told
   * @param {Terms | null} held
   */
  #note(name, told, held) {
    const leaving = this.#entries.get(name)?.leaving || !this.#plan.has(name);
    this.#entries.set(name, { told, held, answeredAt: this.#cursors, leaving });
  }

  #retry() {
    for (const [name, entry] of this.#entries) if (!entry.held) this.#entries.delete(name);
  }

  /** @param {string} cursor */
  passed(cursor) {
    this.#cursor = cursor;
    this.#cursors++;
  }

  /**
   * end leaves bookmarks. A cursor is good for an entry if it came after the
   * answer to its subscribe: only then the session was sent its first record.
   */
  end() {
    for (const [name, { held, answeredAt, leaving }] of this.#entries) {
      if (held && !leaving && this.#cursors > answeredAt) this.#bookmarks.keep(name, this.#cursor, held);
    }
  }
}
