// Package rabbitmq reads quotes, or the messages of an exchange, from a queue of
// RabbitMQ.
//
//	queue ──deliveries──► Source ──► feed.Sink
//	  ▲  └──► dead letters   │
//	  └──── acknowledgements ┘
//
// A body is what a payload is to every broker: one quote, an array or NDJSON of them,
// or one message as the exchange sent it.
//
// # Acknowledging
//
// A message is acknowledged when the sink has all that is in it, so that what was not
// applied is delivered again. One acknowledgement stands for a quarter of the
// prefetch, 256 messages at most, or for what came in 20 ms.
//
// A message of which nothing could be used is refused to the sink and rejected
// without going back to the queue: the dead-letter exchange of the queue gets it, if
// the queue has one. So is a message on which the parser panics, which ends the
// connection but must not end the next one too. A message of which a part was used is
// acknowledged; what was refused of it is counted and logged by the feed.
//
// # Counting a trade once
//
// When a connection ends, acknowledgements on their way may be lost, and messages
// that were applied come again, marked as redelivered. The Source remembers digests
// of the last messages that it applied, and acknowledges a redelivered message that
// is among them without applying it; each that was applied stands for one. It looks
// at redelivered messages only: two equal messages may be two trades. What it
// remembers lasts for its life, not over a restart of the process.
//
// A server that is killed loses acknowledgements that it has taken: they wait in its
// memory, up to 2^15 of them (queue_index_max_journal_entries), however few messages
// it sends ahead. So many are remembered.
//
// A redelivered message was not always delivered before: it may have been on its way.
// If it is then equal to one that was applied, it is taken for that one. Publishers
// of messages that can be equal tell them apart by a time in the quote or by a
// message ID, which the digest covers.
//
// # Connection
//
// Each Run makes one connection, with a heartbeat of five seconds. It ends, with an
// error that says which, when the connection is lost or closed, the channel is
// closed, the queue is deleted, or the server blocks the connection. A queue without
// messages is no fault: only the feed's limit of silence makes it one.
//
// # Bounds
//
// The server sends no more than the prefetch, 1000 messages, ahead of
// acknowledgements; they wait in memory, each no longer than the server's
// max_message_size. What waits beyond waits in the queue, whose own limits say what
// becomes of it: nothing is dropped here.
//
// # Concurrency
//
// Run calls the sink from its own goroutine. Goroutines of the AMQP library read the
// connection and end with it. Run is called once at a time.
package rabbitmq
