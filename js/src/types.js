// The shapes that cross the edges of this package. There is nothing to run here.

/**
 * A number of the service: a JavaScript number, or its exact digits as text,
 * as the client's option `decimals` says.
 * @typedef {string | number} Decimal
 */

/**
 * The trades that were conflated into one record.
 * @typedef {object} Envelope
 * @property {Decimal} [high] absent if there was no trade
 * @property {Decimal} [low]
 * @property {number} trades
 * @property {Decimal} volume
 */

/**
 * Everything known about one symbol. Times are integer microseconds since the
 * Unix epoch. What was never known is absent. Quotes are frozen, because one
 * object is given to everybody who wants it.
 * @typedef {object} Quote
 * @property {string} symbol
 * @property {number} seq
 * @property {Decimal} [bid]
 * @property {Decimal} [bidSize]
 * @property {Decimal} [ask]
 * @property {Decimal} [askSize]
 * @property {Decimal} [last]
 * @property {Decimal} [lastSize]
 * @property {Decimal} [open]
 * @property {Decimal} [high]
 * @property {Decimal} [low]
 * @property {Decimal} [volume]
 * @property {number} [ts]
 * @property {number} [recv]
 * @property {string} [source]
 * @property {string} [status] 'live' (also when absent), 'stale' or 'halted'
 * @property {string} [reason] 'disconnected' or 'silent', of a stale one
 * @property {Envelope} [envelope]
 */

/**
 * @typedef {object} Candle
 * @property {number} ts the beginning of the step, in microseconds
 * @property {Decimal} open
 * @property {Decimal} high
 * @property {Decimal} low
 * @property {Decimal} close
 * @property {Decimal} volume
 * @property {number} trades
 */

/**
 * What a component asks for. Durations are texts such as '250ms', '1.5s', '1m'.
 * @typedef {object} SubscribeOptions
 * @property {string} [interval] the shortest time between two records of a symbol
 * @property {readonly string[]} [fields] the value fields that matter; all if absent
 * @property {'full' | 'delta'} [mode] what travels; callbacks see full records either way
 * @property {boolean} [envelope]
 * @property {string | null} [hiddenInterval] while the page is hidden; null is no other
 */

/**
 * What the server is asked for one symbol or pattern. The key is equal for
 * equal options.
 * @typedef {object} Terms
 * @property {number} intervalMs
 * @property {readonly string[] | null} fields null is all of them
 * @property {'full' | 'delta'} mode
 * @property {boolean} envelope
 * @property {string} key
 */

/**
 * Names and patterns with what is asked for each.
 * @typedef {ReadonlyMap<string, Terms>} Plan
 */

/**
 * What the service says about itself when a session begins. A transport that
 * has no welcome leaves the epoch empty.
 * @typedef {object} Welcome
 * @property {string} session
 * @property {string} epoch
 * @property {number} heartbeatMs
 * @property {{default: string, min: string, max: string}} [interval]
 * @property {Readonly<Record<string, number>>} limits
 */

/**
 * The answer to a subscribe, for the names it was about.
 * @typedef {object} Grant
 * @property {Plan} plan what was asked for
 * @property {Terms} inForce on which the records come, which may give more
 * @property {ReadonlySet<string>} pending
 * @property {ReadonlyMap<string, string>} rejected the code of each name
 */

/**
 * Why a transport ended.
 * @typedef {object} Ending
 * @property {number} code close code of a WebSocket, status of HTTP, 0 if there is none
 * @property {string} reason
 * @property {'lost' | 'final' | 'expired' | 'unauthorized' | 'unsupported'} verdict
 * @property {string} [errorCode] the protocol's error code, where there was one
 * @property {number} [retryAfterMs] a wait that the service asked for
 */

/**
 * A request that is answered once.
 * @typedef {object} Request
 * @property {string} kind a key of `requests`
 * @property {Readonly<Record<string, unknown>>} params
 */

/**
 * What a transport tells. Nothing is told after close().
 * @typedef {object} TransportListener
 * @property {() => void} heard something was received
 * @property {(welcome: Welcome) => void} opened
 * @property {(quotes: readonly Quote[]) => void} quotes as received, numbers as text
 * @property {(factor: number) => void} widened by what the server multiplies every interval for now; 1 usually
 * @property {(micros: number) => void} clock what the server's clock shows
 * @property {(grant: Grant) => void} granted
 * @property {(names: readonly string[], code: string, message: string) => void} refused
 * @property {(names: readonly string[]) => void} resumed what these held before is current again
 * @property {(code: string, message: string) => void} notice
 * @property {() => void} expiring the token is about to
 * @property {(why: string) => void} garbage something unreadable was received
 * @property {(ending: Ending) => void} ended
 */

/**
 * @typedef {object} Transport
 * @property {() => void} open
 * @property {(plan: Plan) => void} want brings the service in line with a plan;
 *   also before it is open
 * @property {(request: Request, signal?: AbortSignal) => Promise<unknown>} request
 * @property {(token: string) => void} authenticate replaces the token of the session
 * @property {() => void} probe asks for a sign of life and the clock
 * @property {() => void} close
 */

/**
 * What a transport is made with.
 * @typedef {object} Surroundings
 * @property {import('./address.js').Address} address
 * @property {string} token empty for none
 * @property {number} timeoutMs
 * @property {Clock} clock
 * @property {typeof globalThis.fetch} fetch
 * @property {typeof globalThis.WebSocket | undefined} WebSocket
 * @property {import('./bookmarks.js').Bookmarks} bookmarks
 */

/**
 * @typedef {object} TransportKind
 * @property {string} name
 * @property {(surroundings: Surroundings, listener: TransportListener) => Transport} create
 */

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since the Unix epoch
 * @property {(task: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

export {};
