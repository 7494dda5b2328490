// Observable is what can be listened to: the part of an Emitter that everybody
// may use.

/** @template {Record<string, any[]>} Events */
export class Observable {
  #emitter;

  /** @param {import('./emitter.js').Emitter<Events>} emitter */
  constructor(emitter) {
    this.#emitter = emitter;
  }

  /**
   * on calls a listener at every event of a name.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(...args: Events[Name]) => void} listener
   * @returns {() => void} takes the listener off again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /**
   * once calls a listener at the next event of a name.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(...args: Events[Name]) => void} listener
   * @returns {() => void} takes the listener off again
   */
  once(name, listener) {
    return this.#emitter.once(name, listener);
  }

  /**
   * off takes a listener off that on was given.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(...args: Events[Name]) => void} listener
   */
  off(name, listener) {
    this.#emitter.off(name, listener);
  }
}
