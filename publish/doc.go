// Package publish hands the book's stream to other systems: a message queue, a
// cache.
//
//	book ──Changed──► Publisher ──Records──► Sink (publish/kafka, nats, redis)
//
// A Publisher is a reader of the book like any client: once an interval it takes
// the newest record of each symbol that changed since the sink last took it, and
// hands them over in one Send. So a sink that is slow, or away, gets fewer and
// newer records, never old ones; nothing is queued for it, and it delays nobody.
// After an outage it gets the newest record of everything that changed meanwhile.
//
// A record is delivered at least once: a Send that failed half-way is made again
// with what is newest then. `seq` of a symbol never goes back on one sink within
// the life of the process, and its increase is the number of updates that a
// record stands for.
//
// # Concurrency
//
// Publisher.Run owns one goroutine, and calls Sink from there only.
package publish
