// Package crowd is the client process of the benchmark: it holds thousands of
// WebSocket connections, reads what they are sent as cheaply as it can, and
// counts.
//
//	          ┌─ a goroutine a client ───────────────────────────────┐
//	socket ─► │ frameReader ─► dialect ─► delivery (times of records) │ ─► shard
//	          └──────────────────────────────────────────────────────┘       │
//	Order ─► Run ──────────────── connect, measure ◄────── Tally ◄── board ◄──┘
//
// Run reads orders, one JSON object a line, and answers each. The first one
// connects: each client picks its source address, shakes hands, subscribes in
// the dialect of the server, and counts as connected when the server has
// confirmed it. Each later one measures: what all clients are sent from then on
// until the window is over.
//
// # Reading
//
// The process shares the machine with the server it measures, so every
// microsecond here is one that the server does not get. Nothing is parsed on
// the way: a frame is searched for the times of its records, and each time
// becomes an age, which ends when the last byte of the frame was read. One client
// in a hundred parses all it is sent and checks that seq rises.
//
// Counters are kept in shards, each with a lock that is taken once a frame. The
// goroutine that measures takes the counters of a second away and leaves empty
// ones; nothing is merged under a lock that a reader waits for.
//
// Each connection owns 8 KiB, room for the usual frame. A longer one is read
// into a buffer of a pool, and gives it back before the next read.
//
// # Failing
//
// A client that is refused for the moment, with 503, asks again. Every other
// failure ends that client alone and is counted by its kind, which the next
// reply tells; an order that makes no sense ends Run.
//
// # Concurrency
//
// Run starts goroutines and has ended them all when it returns. It returns when
// its input ends, once the order under way is carried out. The end of its ctx
// closes the connections and cuts that order short, but it does not interrupt
// the reading of the input: whoever ends ctx also ends the input.
package crowd
