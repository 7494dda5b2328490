// What a tab and the worker say to each other.
//
// A tab has one control port, that of its SharedWorker. From the tab:
//
//   {type: 'join', join}           which client it wants to share; the first message
//   {type: 'open', port, token}    a connection, to speak over a port of its own
//   {type: 'claim', id}            this tab can get the token that was asked for
//   {type: 'token', id, token}     the token; '' if there is none
//   {type: 'pong'}                 still there
//   {type: 'bye'}                  the tab gives up all it had; the last message
//
// and from the worker:
//
//   {type: 'hello'}                a join or an open has arrived
//   {type: 'token?', id}           who can get a token?
//   {type: 'token!', id, reason}   this tab is to get it
//   {type: 'ping'}                 still there?
//
// On the port of a connection the tab calls the methods of a Transport:
//
//   {type: 'want', plan}
//   {type: 'request', id, request} {type: 'abort', id}
//   {type: 'authenticate', token}
//   {type: 'close'}                the last message
//   {type: 'ack'}                  the calls were taken
//
// and the worker those of its TransportListener, some at a time:
//
//   {type: 'calls', calls}         no more before the ack

/** @typedef {import('./types.js').TransportListener} TransportListener */
/** @typedef {import('./types.js').Request} Request */
/** @typedef {import('./types.js').Plan} Plan */

/**
 * @typedef {object} Join names the client that a tab wants to share.
 * @property {string} key the same for all tabs that share one client
 * @property {string} url
 * @property {Record<string, unknown>} options what the client is made with
 * @property {boolean} getsToken the tab can be asked for a token
 * @property {string} lock the Web Lock that the tab holds while it lives, or ''
 */

/** @typedef {{type: 'join', join: Join} | {type: 'open', port: MessagePort, token: string} | {type: 'claim', id: number} | {type: 'token', id: number, token: string} | {type: 'pong'} | {type: 'bye'}} FromTab */
/** @typedef {{type: 'hello'} | {type: 'token?', id: number} | {type: 'token!', id: number, reason: string} | {type: 'ping'}} ToTab */
/** @typedef {{type: 'want', plan: Plan} | {type: 'request', id: string, request: Request} | {type: 'abort', id: string} | {type: 'authenticate', token: string} | {type: 'close'} | {type: 'ack'}} FromPage */

/**
 * What the worker calls: the listener of a transport, and the requests' ends.
 * @typedef {TransportListener & {
 *   answered: (id: string, answer: unknown) => void,
 *   failed: (id: string, code: string, message: string) => void,
 * }} PortListener
 */

/**
 * One call, as its name and its arguments.
 * @typedef {{[Name in keyof PortListener]: [Name, ...Parameters<PortListener[Name]>]}[keyof PortListener]} Call
 */

export {};
