// Package publish hands the book's stream to other systems: a message queue, a
// cache.
//
//	book ──Changed──► Publisher ──Records──► Sink (publish/kafka, nats, redis)
//
// A Publisher is a reader of the book like any client: once an interval it takes
// the newest record of each symbol that changed since the sink last took it, and
// hands them over, at most a thousand in one Send. So a sink that is slow, or away,
// gets fewer and newer records, never old ones; nothing is queued for it, and it
// delays nobody. After an outage it gets the newest record of everything that
// changed meanwhile.
//
// A record is delivered at least once: a Send that failed half-way is made again
// with what is newest then. `seq` of a symbol rises with every record that a sink
// acknowledged, within the life of the process, and its increase is the number of
// updates that the record stands for. A Send that ran out of time may still be
// carried out by the other system, behind a newer one, unless its package says
// otherwise; who cares compares `seq`.
//
// # Records
//
// A record is what a client gets in mode full: one JSON object with every value that
// is known, the source, and the status also when it is live, so that who merges
// records sees a quote come back to life. A feed reads it as it is. It is a state,
// and no trade: trades that were conflated into it cannot be counted from it.
//
// # Outages
//
// The first Send of an outage that fails is logged with its cause, the Send that
// ends it with what it took; the tries between are counted. They are 250 ms to 30 s
// apart, with full jitter, and never closer than the interval.
//
// # The end
//
// When Run's context is done, a Send that is under way may still end, and one last
// round brings out what the book holds: both within FlushTimeout, and without a
// second try. What is left then is counted in one log line. So a service ends its
// feeds first, and its publishers after them.
//
// # Concurrency
//
// Publisher.Run owns one goroutine, the caller's, and calls Sink from there only.
// The book's locks are held for the copying of records, never over a Send. What is
// kept is a number for each symbol that was published, and one batch of records.
package publish
