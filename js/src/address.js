// Address is where the service is: the base of its URLs, for both schemes.

import { TickerError } from './errors.js';

export class Address {
  #base;

  /**
   * @param {string | URL} [url] http(s): or ws(s):, with or without a path
   *   prefix; unless told, where the page is from
   */
  constructor(url) {
    const base = parse(url ?? globalThis.document?.baseURI ?? globalThis.location?.href);
    base.protocol = base.protocol.replace(/^ws/, 'http');
    if (!/^https?:$/.test(base.protocol)) throw invalid(url);
    base.search = '';
    base.hash = '';
    // A page's own name is no part of the prefix; anything else is.
    base.pathname = url === undefined ? base.pathname.replace(/[^/]*$/, '') : base.pathname.replace(/\/*$/, '/');
    this.#base = base;
  }

  /** @returns {string} the base, as it names the service */
  toString() {
    return this.#base.href;
  }

  /**
   * http returns the URL of a route.
   * @param {string} route such as 'v1/symbols'
   * @param {Readonly<Record<string, unknown>>} [params] undefined ones are left out
   */
  http(route, params = {}) {
    const url = new URL(route, this.#base);
    for (const [name, value] of Object.entries(params)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url.href;
  }

  get websocket() {
    return this.http('v1/ws').replace(/^http/, 'ws');
  }
}

/** @param {string | URL | undefined} url */
function parse(url) {
  try {
    return new URL(String(url), globalThis.document?.baseURI);
  } catch {
    throw invalid(url);
  }
}

/** @param {unknown} url */
function invalid(url) {
  return new TickerError('bad_request', `not a URL of http, https, ws or wss: ${String(url).slice(0, 200)}`);
}
