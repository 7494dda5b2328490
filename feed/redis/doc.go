// Package redis reads quotes, or the messages of an exchange, from Redis: from a
// channel, where a message is for those who listen at that moment, or from a stream,
// which keeps messages until they are acknowledged.
//
//	channel ──messages──► Source ──► feed.Sink
//	stream  ──entries───►   │
//	   ▲                    │
//	   └─ acknowledgements ─┘
//
// A message is what a payload is to every broker: one quote, an array or NDJSON of
// them, or one message as the exchange sent it. In an entry of a stream it stands in
// one field.
//
// # Channel
//
// Redis keeps nothing of a channel: what is published while the Source is away is
// gone. So the Source never makes a new connection by itself, which would hide that:
// its Run ends, and the feed turns the symbols stale until they speak again. For the
// same reason nothing is dropped here: messages wait in the buffers of the
// connection, and of the server, which ends the connection when they are over its
// client-output-buffer-limit for pubsub.
//
// # Stream
//
// The Source is one consumer of a group; Redis hands each entry of the stream to one
// consumer of a group, so two tickers that are both to see all of it have a group
// each. The group is made if there is none, at the end of the stream, or where
// Config.Start says. One that is lost with the server's data is made again where the
// Source was.
//
// An entry is acknowledged when the sink has what is in it, up to 500 of them at
// once. First come the entries that the consumer was given and did not acknowledge,
// and those that other consumers of the group have not acknowledged for a minute. An
// entry that was applied and comes again, because its acknowledgement was lost or the
// server has gone back in time, is acknowledged and not applied: the Source remembers
// the last 65,536 IDs. It does so for its life, not over a restart of the process. An
// ID is not used for two messages, which Redis sees to.
//
// What cannot be used is refused to the sink and acknowledged, for Redis has no dead
// letters. An entry on which the parser panics ends the connection, and is not read
// again. An entry that was trimmed before it was read is gone; a log line counts them.
//
// # Connection
//
// Each Run makes one connection, and asks it for an answer every five seconds. One
// that has been silent for ten is given up. That the server answers says nothing of
// the publisher: only the feed's limit of silence makes a fault of it.
//
// # Concurrency
//
// Run calls the sink from its own goroutine. On a channel a second goroutine asks for
// the answers; Run waits for it. Run is called once at a time.
package redis
