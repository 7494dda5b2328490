// The transport over Server-Sent Events, read with fetch: an EventSource could
// not send a token.

import { readPending, readRejected, tellEvent } from '../events.js';
import { ask, dateMicros, Deadline, headers, judgeResponse, refusal, retryAfterMs } from '../http.js';
import { clean, durationMs, parseMessage } from '../protocol.js';
import { makeTerms, termsBody } from '../terms.js';
import { readWelcome } from '../welcome.js';
import { EventParser } from './eventparser.js';
import { RequestTransport } from './requests.js';

/** @typedef {import('../types.js').Surroundings} Surroundings */
/** @typedef {import('./groups.js').Group} Group */
/** @typedef {import('./requests.js').StreamListener} StreamListener */

export class SSETransport extends RequestTransport {
  /**
   * @param {Surroundings} around
   * @param {import('../types.js').TransportListener} listener
   */
  constructor(around, listener) {
    super(around, listener, (...args) => new EventStream(...args), (terms) => terms);
  }
}

// How many heartbeats of silence end a stream.
const lostAfter = 2;

/** EventStream is the open request of one group. */
class EventStream {
  cursor = '';
  #around;
  #group;
  #since;
  #listener;
  #deadline;
  #heartbeatMs = 0;
  #opened = false;
  #granted = false;
  /** @type {number | null} */
  #micros = null;
  #reconnectAfterMs = 0;

  /**
   * @param {Surroundings} around
   * @param {Group} group
   * @param {string} since
   * @param {StreamListener} listener
   */
  constructor(around, group, since, listener) {
    this.#around = around;
    this.#group = group;
    this.#since = since;
    this.#listener = listener;
    this.#deadline = new Deadline(around.clock);
  }

  start() {
    void this.#run();
  }

  close() {
    this.#deadline.abort();
  }

  async #run() {
    try {
      const response = await this.#request();
      if (response.ok) await this.#read(response);
      else await this.#refused(response);
    } catch (error) {
      const reason = this.#deadline.passed ? 'nothing received in time' : clean(/** @type {any} */ (error)?.message ?? error);
      this.#end({ code: 0, reason, verdict: 'lost' });
    } finally {
      this.#deadline.abort();
    }
  }

  #request() {
    const { address, token, fetch, timeoutMs } = this.#around;
    const { names, terms } = this.#group;
    /** @type {Record<string, string>} */
    const resume = this.#since ? { 'Last-Event-ID': this.#since } : {};
    this.#deadline.set(timeoutMs);
    return fetch(address.http('v1/sse', { symbols: names.join(','), ...termsBody(terms) }), {
      headers: headers(token, { Accept: 'text/event-stream', ...resume }),
      cache: 'no-store',
      signal: this.#deadline.signal,
    });
  }

  /** @param {Response} response */
  async #refused(response) {
    const { code, message } = await refusal(response);
    const { status } = response;
    const verdict = judgeResponse(response);
    if (verdict === 'lost' && status < 500 && status !== 429) {
      this.#listener.refused(code, message);
      return;
    }
    this.#end({
      code: status, reason: message, verdict, errorCode: code, retryAfterMs: retryAfterMs(response, this.#around.clock.now()),
    });
  }

  /** @param {Response} response */
  async #read(response) {
    if (!response.body || !response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      return this.#end({ code: response.status, reason: 'the answer is no event stream', verdict: 'unsupported' });
    }
    this.#micros = dateMicros(response);
    const parser = new EventParser((event) => this.#take(event));
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let piece; !(piece = await reader.read()).done; ) {
      this.#deadline.set(lostAfter * this.#heartbeatMs || this.#around.timeoutMs);
      this.#listener.heard();
      parser.push(decoder.decode(piece.value, { stream: true }));
    }
    this.#end({ code: 0, reason: 'the stream ended', verdict: 'lost', retryAfterMs: this.#reconnectAfterMs });
  }

  /** @param {import('./eventparser.js').StreamEvent} event */
  #take({ name, data, id }) {
    let message;
    try {
      message = parseMessage(data);
    } catch (error) {
      this.#listener.garbage(`unreadable event: ${clean(error)}`);
      return;
    }
    if (name === 'welcome' || !this.#opened) this.#open(message);
    if (name === 'subscribed') this.#grant(message);
    else this.#tell({ channel: name, event: name, ...message }, id);
  }

  /**
   * open begins with the first event; a service that says no welcome is taken as
   * usual.
   * @param {Record<string, any>} message
   */
  #open(message) {
    if (this.#opened) return;
    this.#opened = true;
    const welcome = readWelcome(message['event'] === 'welcome' ? message : {});
    this.#heartbeatMs = welcome.heartbeatMs;
    this.#deadline.set(lostAfter * this.#heartbeatMs);
    this.#listener.opened(welcome);
    if (this.#micros !== null) this.#listener.clock(this.#micros);
  }

  /**
   * @param {Record<string, any>} message
   * @param {string} id
   */
  #tell(message, id) {
    if (message['channel'] === 'quotes' && !this.#granted) this.#grant({});
    const { cursor, reconnectAfterMs } = tellEvent(message, this.#listener);
    if (reconnectAfterMs) this.#reconnectAfterMs = reconnectAfterMs;
    // Only what comes behind the answer covers this request.
    if (this.#granted) this.cursor = cursor ?? id;
  }

  /** @param {Record<string, any>} result the answer to the subscribe of the address */
  #grant(result) {
    const { terms } = this.#group;
    this.#granted = true;
    this.#listener.granted({
      inForce: makeTerms({ ...terms, intervalMs: durationMs(result['interval']) || terms.intervalMs }),
      pending: readPending(result),
      rejected: readRejected(result),
    });
    if (this.#since) this.#catchUp();
  }

  // #catchUp tells of a resume when what changed in between was sent, which goes
  // out at once: the answer to another request comes later than that.
  #catchUp() {
    const { signal } = this.#deadline;
    ask(this.#around, { kind: 'ping', params: {} }, signal).then(() => this.#listener.caughtUp(), () => {});
  }

  /** @param {import('../types.js').Ending} ending */
  #end(ending) {
    if (!this.#deadline.signal.aborted || this.#deadline.passed) this.#listener.ended(ending);
  }
}
