// Package redis publishes the book's records to Redis: to channels, to a stream, to a
// hash, or to several of them.
//
//	             ┌─PUBLISH quotes.AAPL──► who listens now
//	Sink ──Send──┼─XADD quotes──────────► who reads a stream, later too
//	             └─HSET quotes AAPL─────► who asks for the last record
//
// A channel has the name that Config.Channel says, with the symbol in place of
// {symbol}. An entry of the stream has one field, quote; the stream is trimmed to
// about Config.MaxLen entries. The hash has one field for each symbol and never
// forgets one. The value is the record as clients get it, in JSON.
//
// # Sending
//
// One Send is one round trip with a command or two for each record. It has failed if
// Redis refuses any of them; the others are carried out all the same.
//
// # Connection
//
// There is one connection, made by the first Send and, after a failure, by the next:
// a Send fails rather than try again by itself, for what is tried again is older than
// what the book has by then. An answer is waited for five seconds.
//
// What a failed Send left in a connection may still be read by a server that stood
// still, after what a new connection brings. So the new connection first has the old
// one closed (CLIENT KILL). A user who may not do that gets records out of order in
// that one case, and a log line that says so.
//
// # Concurrency
//
// A Sink is used by one goroutine at a time, and starts none.
package redis
