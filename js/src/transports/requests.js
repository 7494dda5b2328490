// The transports over plain HTTP: a few requests that stay open, each for a group
// of names, and requests that are answered at once for everything else.

import { Entries } from '../entries.js';
import { TickerError } from '../errors.js';
import { ask } from '../http.js';
import { covers } from '../protocol.js';
import { readWelcome } from '../welcome.js';
import { divide } from './groups.js';

/** @typedef {import('../types.js').Surroundings} Surroundings */
/** @typedef {import('../types.js').TransportListener} TransportListener */
/** @typedef {import('../types.js').Transport} Transport */
/** @typedef {import('../types.js').Plan} Plan */
/** @typedef {import('../types.js').Terms} Terms */
/** @typedef {import('../types.js').Quote} Quote */
/** @typedef {import('../types.js').Ending} Ending */
/** @typedef {import('./groups.js').Group} Group */

/**
 * What the open request of one group tells.
 * @typedef {Omit<TransportListener, 'opened' | 'granted' | 'refused' | 'resumed'> & {
 *   opened: (welcome: import('../types.js').Welcome) => void,
 *   granted: (grant: Pick<import('../types.js').Grant, 'inForce' | 'pending' | 'rejected'>) => void,
 *   refused: (code: string, message: string) => void,
 *   caughtUp: () => void,
 * }} StreamListener
 */

/**
 * @typedef {object} Stream
 * @property {string} cursor up to which it was sent everything, '' if there is none
 * @property {() => void} start
 * @property {() => void} close
 */

/**
 * How a transport follows one group, from a cursor on.
 * @typedef {(around: Surroundings, group: Group, since: string, listener: StreamListener) => Stream} Follow
 */

/**
 * A group that is followed. Gone are those of its names that have to begin anew,
 * so that the stream cannot go on as it is.
 * @typedef {{group: Group, stream: Stream, refused: boolean, gone: Set<string>}} Followed
 */

// A browser has six connections for a server, and two are for everything else.
const mostStreams = 4;
// The service takes addresses of 4,096 bytes; the rest is for the other parameters.
const addressRoom = 3200;
// The set is looked at once it has been the same for so long: to follow another
// one costs a request.
const settleMs = 50;

/** @implements {Transport} */
export class RequestTransport {
  #around;
  /** @type {TransportListener | null} null once it has ended */
  #listener;
  #follow;
  #shape;
  /** @type {Plan} */
  #plan = new Map();
  /** @type {Map<string, Followed>} */
  #streams = new Map();
  #entries = new Entries([]);
  #opened = false;
  #epoch = '';
  /** @type {any} */
  #settling = null;

  /**
   * @param {Surroundings} around
   * @param {TransportListener} listener
   * @param {Follow} follow
   * @param {(terms: Terms) => Terms} shape the terms that a request can have
   */
  constructor(around, listener, follow, shape) {
    this.#around = around;
    this.#listener = listener;
    this.#follow = follow;
    this.#shape = shape;
  }

  open() {
    this.#align();
    if (this.#streams.size === 0) this.probe();
  }

  /** @param {Plan} plan */
  want(plan) {
    const { clock } = this.#around;
    this.#plan = plan;
    this.#outdate();
    if (!this.#opened) return;
    clock.clearTimeout(this.#settling);
    this.#settling = clock.setTimeout(() => this.#align(), settleMs);
  }

  /**
   * @param {import('../types.js').Request} request
   * @param {AbortSignal} [signal]
   */
  request(request, signal) {
    return ask(this.#around, request, signal);
  }

  /**
   * authenticate follows everything anew: a request has the token that it began
   * with.
   * @param {string} token
   */
  authenticate(token) {
    this.#around = { ...this.#around, token };
    for (const key of [...this.#streams.keys()]) this.#drop(key);
    this.#align();
  }

  // probe looks for a sign of life where no open request would show one.
  probe() {
    if ([...this.#streams.values()].some(({ refused }) => !refused)) return;
    this.request({ kind: 'ping', params: {} }).then(
      () => {
        this.#listener?.heard();
        this.#open(readWelcome({}));
      },
      (error) => this.#lost(error),
    );
  }

  close() {
    if (!this.#listener) return;
    this.#listener = null;
    this.#around.clock.clearTimeout(this.#settling);
    for (const key of [...this.#streams.keys()]) this.#drop(key);
  }

  // #align follows what is wanted now. Groups that are as before go on.
  #align() {
    const room = addressRoom - String(this.#around.address).length;
    const { groups, bad, surplus } = divide(this.#plan, { shape: this.#shape, most: mostStreams, room });
    const wanted = new Set(groups.map(({ key }) => key));
    for (const [key, { gone }] of [...this.#streams]) if (!wanted.has(key) || gone.size > 0) this.#drop(key);
    this.#entries = new Entries(groups.flatMap(({ names }) => names));
    for (const group of groups) if (!this.#streams.has(group.key)) this.#start(group);
    if (bad.length > 0) this.#listener?.refused(bad, 'bad_symbol', 'a symbol is 1 to 32 of A-Z 0-9 . _ : / -');
    if (surplus.length > 0) this.#listener?.refused(surplus, 'too_many_symbols', 'too many names without a WebSocket; use a pattern');
  }

  /** @param {Group} group */
  #start(group) {
    const stream = this.#follow(this.#around, group, this.#since(group), this.#following(group));
    this.#streams.set(group.key, { group, stream, refused: false, gone: new Set() });
    stream.start();
  }

  /**
   * since returns the cursor that all names of a group can be resumed from, ''
   * if there is none.
   * @param {Group} group
   */
  #since({ names, terms }) {
    const cursors = new Set(names.map((name) => this.#around.bookmarks.since(name, terms)));
    const [cursor = ''] = cursors;
    return cursors.size === 1 ? cursor : '';
  }

  /** @param {string} key */
  #drop(key) {
    const followed = this.#streams.get(key);
    this.#streams.delete(key);
    if (!followed) return;
    const { group, stream, gone } = followed;
    stream.close();
    if (stream.cursor === '' || this.#epoch === '') return;
    for (const name of group.names) if (!gone.has(name)) this.#around.bookmarks.keep(name, stream.cursor, group.terms);
  }

  // #outdate notes which names begin anew: those that are not wanted any more, be
  // it for a moment in which their records were given up, and patterns that take
  // over their symbols, of which they left out what came meanwhile.
  #outdate() {
    const all = [...this.#streams.values()];
    const lost = all.flatMap(({ group }) => group.names.filter((name) => !this.#plan.has(name)));
    if (lost.length === 0) return;
    for (const { group, gone } of all) {
      for (const name of group.names) if (lost.some((other) => covers(name, other))) gone.add(name);
    }
  }

  /**
   * following listens to the stream of a group as long as it is followed.
   * @param {Group} group
   * @returns {StreamListener}
   */
  #following({ key, names }) {
    /**
     * @template {unknown[]} Args
     * @param {(listener: TransportListener, ...args: Args) => void} tell
     */
    const told = (tell) => (/** @type {Args} */ ...args) => {
      if (this.#listener && this.#streams.has(key)) tell(this.#listener, ...args);
    };
    return {
      heard: told((listener) => listener.heard()),
      opened: told((_, welcome) => this.#open(welcome)),
      quotes: told((listener, quotes) => listener.quotes(this.#owned(key, quotes))),
      widened: told((listener, factor) => listener.widened(factor)),
      clock: told((listener, micros) => listener.clock(micros)),
      granted: told((listener, grant) => listener.granted({ ...grant, plan: this.#planOf(names) })),
      refused: told((listener, code, message) => {
        this.#open(readWelcome({}));
        for (const followed of this.#streams.values()) if (followed.group.key === key) followed.refused = true;
        listener.refused(names, code, message);
      }),
      caughtUp: told((listener) => listener.resumed(names)),
      notice: told((listener, code, message) => listener.notice(code, message)),
      expiring: told((listener) => listener.expiring()),
      garbage: told((listener, why) => listener.garbage(why)),
      ended: told((_, ending) => this.#end(ending)),
    };
  }

  /**
   * @param {readonly string[]} names
   * @returns {Plan}
   */
  #planOf(names) {
    const plan = new Map();
    for (const name of names) if (this.#plan.has(name)) plan.set(name, this.#plan.get(name));
    return plan;
  }

  /**
   * owned leaves out symbols that come over another stream, under a name or a
   * longer pattern: each symbol has one sequence and one envelope.
   * @param {string} key
   * @param {readonly Quote[]} quotes
   */
  #owned(key, quotes) {
    if (this.#streams.size === 1) return quotes;
    const names = new Set(this.#streams.get(key)?.group.names);
    return quotes.filter(({ symbol }) => names.has(this.#entries.of(symbol) ?? ''));
  }

  /** @param {import('../types.js').Welcome} welcome */
  #open(welcome) {
    if (this.#opened) {
      // Streams of two books make no sense together.
      if (welcome.epoch && this.#epoch && welcome.epoch !== this.#epoch) {
        this.#end({ code: 0, reason: 'the service was started anew', verdict: 'lost' });
      }
      return;
    }
    this.#opened = true;
    this.#epoch = welcome.epoch;
    this.#listener?.opened(welcome);
  }

  /** @param {unknown} error */
  #lost(error) {
    const { code, message } = error instanceof TickerError ? error : new TickerError('disconnected', String(error));
    const verdict = code === 'unauthorized' ? 'unauthorized' : code === 'forbidden' ? 'final' : 'lost';
    this.#end({ code: 0, reason: message, verdict, errorCode: code });
  }

  /** @param {Ending} ending */
  #end(ending) {
    const listener = this.#listener;
    this.close();
    listener?.ended(ending);
  }
}
