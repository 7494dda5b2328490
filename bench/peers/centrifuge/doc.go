// Package centrifuge is a server on the library centrifuge, a channel a symbol, set up
// for throughput as its documentation has it.
//
//	New:       market ─► publish every update ─► node ─► a queue a client ─► frame
//	Conflated: market ─► each symbol's newest, once an interval, at one instant ─► node …
//
// What is published is one record, as JSON; the protocol is centrifuge's own, in
// JSON unless a client asks for the other, and a channel is the name of a
// symbol. There are no patterns: a client that wants all subscribes to all.
//
// # What it is tuned by
//
// Channels keep no history, presence or positions. WriteDelay is the interval,
// and frames have no limit of messages: what comes up in an interval goes out in
// one write, as the library offers it for high rates. So a record waits up to an
// interval in its client's queue, and is not replaced there. Conflated, a tenth
// of the interval does, since all symbols are published at once. Write buffers are
// pooled, compression and logs are off, replies bypass the queue, the library's
// pings are off, and a client may have as many channels as there are symbols.
//
// # Slow clients
//
// The library cuts off a client that has more than queueBytes queued or takes
// more than a second for a write. Dropped counts both, and with the latter those
// that went away in the middle of a write.
//
// # Concurrency
//
// New publishes on the market's goroutine, which waits, and skips quotes, when
// publishing cannot keep up. Conflated publishes on the workers of the plan; a
// symbol belongs to one phase, so its records stay in order.
package centrifuge
