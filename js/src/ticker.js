// Everything that this package offers.

export { TickerClient } from './client.js';
export { add, compare, subtract } from './decimal.js';
export { TickerError } from './errors.js';
export { sharedClient } from './pool.js';
export { durationMs, formatDuration } from './protocol.js';
export { valueFields } from './quote.js';
export { Subscription } from './subscription.js';

/** @typedef {import('./types.js').Candle} Candle */
/** @typedef {import('./types.js').Decimal} Decimal */
/** @typedef {import('./types.js').Envelope} Envelope */
/** @typedef {import('./types.js').Quote} Quote */
/** @typedef {import('./types.js').SubscribeOptions} SubscribeOptions */
/** @typedef {import('./settings.js').ClientOptions} ClientOptions */
/** @typedef {import('./client.js').ClientEvents} ClientEvents */
/** @typedef {import('./subscription.js').SubscriptionEvents} SubscriptionEvents */
