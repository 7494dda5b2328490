// Package nats reads quotes, or the raw messages of an exchange, from NATS: from a
// subject as they are published, or from a stream of JetStream.
//
//	server ──► Source ──message by message──► payload.Reader ──► Sink
//	   ▲          │
//	   └── ack ───┘ of what the book took, in a stream with a durable consumer
//
// One Run is one connection, which the client library is not allowed to mend: the
// Feed judges when to try again, and says meanwhile that its symbols are stale. Run
// says Connected when the server has confirmed the subscription, and Alive once a
// second while nothing comes and the server answers a ping, so that a limit of
// silence is about the server. A server that stands still is given up after a few
// seconds.
//
// # A subject
//
// Core NATS delivers what is published while we listen, at most once. With a queue
// group the subscribers of the group share the messages between them. At most
// 65,536 messages or 64 MiB wait in memory; what comes beyond that is lost, as it is
// on the server when we read too slowly. It is counted, and one log line in ten
// seconds says how much it was.
//
// # A stream
//
// JetStream keeps messages in order under numbers. Without a durable name the
// Source begins where Start says and keeps the number of the last message that it
// took, over all its Runs: the next Run goes on behind it, and nothing is lost that
// the stream still has.
//
// A durable consumer keeps the place on the server, over restarts of the process.
// Messages are acknowledged after the sink took all that is in them. The server
// delivers again what was not acknowledged, but late, behind newer messages; so
// at the beginning of a Run the Source reads the messages that are in doubt from the
// stream itself, in order, and passes over what it took before. Every message is
// taken exactly once in the life of the process, and in order. That holds because
// a durable belongs to one Source: another reader of it would take some of its
// messages away.
//
// A stream that was created anew is told by the time of its creation and is read
// from its first message. One that lost its end is read on from there.
//
// # Concurrency
//
// Runs of one Source follow one another. Run waits for the server's answers only
// within bounds, and calls the sink from its own goroutine only.
package nats
