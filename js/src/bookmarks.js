// Bookmarks remember, over the end of a connection, from which cursor on each
// entry of the plan can be resumed.

import { covers } from './protocol.js';

/** @typedef {import('./types.js').Terms} Terms */

export class Bookmarks {
  /** @type {Map<string, {cursor: string, fields: readonly string[] | null}>} */
  #marks = new Map();

  /**
   * keep is told that a session was sent everything of an entry up to a cursor.
   * @param {string} name
   * @param {string} cursor
   * @param {Terms} terms
   */
  keep(name, cursor, { fields }) {
    this.#marks.set(name, { cursor, fields });
  }

  /**
   * since returns the cursor to resume from; '' for full records. An entry that
   * is wanted with more fields than before has to be sent in full.
   * @param {string} name
   * @param {Terms} terms
   */
  since(name, { fields }) {
    const mark = this.#marks.get(name);
    return mark && within(fields, mark.fields) ? mark.cursor : '';
  }

  clear() {
    this.#marks.clear();
  }

  /** @param {string} name */
  forget(name) {
    this.#marks.delete(name);
  }

  /**
   * retain forgets what a plan does not have any more. A pattern that covers such
   * a name takes over its symbol, maybe with fields that were not kept up to
   * date, so it starts anew too.
   * @param {import('./types.js').Plan} plan
   */
  retain(plan) {
    const gone = [...this.#marks.keys()].filter((name) => !plan.has(name));
    for (const lost of gone) {
      for (const name of this.#marks.keys()) if (covers(name, lost)) this.#marks.delete(name);
    }
  }
}

/**
 * @param {readonly string[] | null} fields
 * @param {readonly string[] | null} known
 */
function within(fields, known) {
  return known === null || (fields !== null && fields.every((field) => known.includes(field)));
}
