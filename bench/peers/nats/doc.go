// Package nats is an embedded NATS server with its WebSocket listener, a subject
// a symbol.
//
//	New:       market ─► publish every update ─► server ─► a buffer a client ─► frames
//	Conflated: market ─► each symbol's newest, once an interval, in phases ─► server …
//
// What is published is one record, as JSON, by a client in the process, through
// a pipe; the subject is the name of the symbol, and * is NATS' own. Clients
// speak the NATS protocol in WebSocket frames. NATS gathers what waits for a
// client by itself, and a frame may hold many messages or a part of one.
//
// # What it is tuned by
//
// Neither TLS nor compression, no logs, no limit on subscriptions, room for
// pendingBytes in a client's buffer, and nothing of JetStream.
//
// # Slow clients
//
// NATS cuts off a client that has more than that waiting, or that takes longer
// than writeWait for a write. Dropped counts both.
//
// # Concurrency
//
// New publishes on the market's goroutine, which waits, and skips quotes, when
// the pipe is full. Conflated publishes on the workers of the plan; a symbol
// belongs to one phase, so its records stay in order.
package nats
