// Visibility tells whether the page is hidden, where there is a page.

/**
 * What of a document is used.
 * @typedef {object} Page
 * @property {boolean} hidden
 * @property {(name: 'visibilitychange', listener: () => void) => void} addEventListener
 * @property {(name: 'visibilitychange', listener: () => void) => void} removeEventListener
 */

export class Visibility {
  #page;
  #changed;
  #listening = false;

  /**
   * @param {Page | undefined} page
   * @param {(hidden: boolean) => void} changed
   */
  constructor(page, changed) {
    this.#page = page;
    this.#changed = changed;
  }

  get hidden() {
    return this.#page?.hidden ?? false;
  }

  start() {
    if (this.#listening) return;
    this.#listening = true;
    this.#page?.addEventListener('visibilitychange', this.#look);
    this.#look();
  }

  stop() {
    this.#listening = false;
    this.#page?.removeEventListener('visibilitychange', this.#look);
  }

  #look = () => this.#changed(this.hidden);
}
