// Credentials are the token of a client, and where a new one comes from.

import { TickerError } from './errors.js';

/** @typedef {'connect' | 'expiring' | 'expired' | 'unauthorized'} Reason */
/** @typedef {(request: {reason: Reason}) => string | Promise<string>} GetToken */

export class Credentials {
  #token;
  #getToken;
  /** @type {Reason | null} Why the token at hand is not good enough. */
  #wanting;
  // Whether the service refused the token, and no connection was made since.
  #refused = false;

  /**
   * @param {string} token
   * @param {GetToken | undefined} getToken
   */
  constructor(token, getToken) {
    this.#token = token;
    this.#getToken = getToken;
    this.#wanting = getToken && !token ? 'connect' : null;
  }

  /** @param {string} token */
  set(token) {
    this.#token = token;
    this.#wanting = null;
    this.#refused = false;
  }

  /**
   * token returns the token to connect with, '' for none. It throws if there
   * should be one and is not.
   */
  async token() {
    if (this.#wanting && this.#getToken) await this.renew(this.#wanting);
    return this.#token;
  }

  /**
   * renew fetches a new token.
   * @param {Reason} reason
   */
  async renew(reason) {
    const token = await this.#fetch(reason);
    this.#token = token;
    this.#wanting = null;
    return token;
  }

  /** @param {Reason} reason */
  async #fetch(reason) {
    let token;
    try {
      token = await this.#getToken?.({ reason });
    } catch (cause) {
      throw new TickerError('unauthorized', 'getToken failed', { cause });
    }
    if (!token || typeof token !== 'string') throw new TickerError('unauthorized', 'getToken gave no token');
    return token;
  }

  get renewable() {
    return this.#getToken !== undefined;
  }

  expired() {
    this.#wanting = 'expired';
  }

  /**
   * refused is told that the service did not take the token, and reports
   * whether it is worth trying with another one: once.
   */
  refused() {
    const again = this.#getToken !== undefined && !this.#refused;
    this.#refused = true;
    this.#wanting = 'unauthorized';
    return again;
  }

  accepted() {
    this.#refused = false;
  }
}
