// Package feed brings quotes in.
//
// A Source is one upstream: a simulated market, a recording, quotes that are
// pushed to us, the feed of an exchange. It turns bytes into market.Updates and
// hands them, with what it hears and refuses, to a Sink. A Feed supervises one
// Source: it runs it again after a failure, with exponential backoff and full
// jitter, tells the book when the source is disconnected or silent, and counts.
//
//	Source ──► Sink (the Feed) ──► Book.Apply
//
// An upstream of several connections is Lines instead: each line is a Source, run
// and supervised by itself, and what it fed turns stale by itself. Demand tells
// such an upstream what clients watch.
//
// A Feed fills whatever is a Book. Packages arbiter and composite are Books that
// stand before the real one and join several feeds.
//
// A Parser is the part of an exchange's Source that knows its messages and
// nothing of connections, so that a recording of an exchange takes the same
// way as its live feed. Each exchange has a package of its own below this one.
// QuoteParser and SplitBody read the service's own form of a quote, for quotes
// that are pushed and for recordings of them.
//
// # Life of a connection
//
// Feed.Run runs the Source; one run is one connection, with a Link number of
// its own. When it ends, for whatever reason, the symbols of the source turn
// stale (disconnected), one log line says why and when the next try is, and
// after the backoff the Source runs again. A source that was not heard for
// Config.Silence is ended in the same way, with its symbols stale (silent). An
// outage lasts until the next Update and marks the book once, however many
// tries it takes. The end of Run's context is no outage: nothing is marked.
//
// A Passive source has no connection that could be made anew: its silence makes
// its symbols stale and ends nothing.
//
// # Concurrency
//
// A Source calls its Sink from one goroutine at a time, and not after Run has
// returned. Sink calls never block on a client or a store: a flood upstream is
// conflated by the book, it queues nowhere. They do log, at a bounded rate, so
// the handler behind Config.Logger must not block. Feeds share nothing, so that
// one that fails, floods or panics leaves the others alone; a panic in
// Source.Run is a failure of its connection. A panic inside the book is not:
// what the book holds is unknown then, and the process ends, whoever called the
// Sink and would recover it.
//
// Lines run on goroutines of their own; each line calls its own Sink.
//
// Feed.Connected and Feed.Name may be called from any goroutine.
//
// # Time
//
// Silence and backoff are measured on the monotonic clock, so a step of the
// wall clock neither hides an outage nor makes one up. Recv is the wall clock,
// but never goes back within a feed: after the wall clock was set back, Recv
// runs at half speed until the clock has caught up with it. A time at the
// source more than five seconds ahead of ours is counted and logged, and passed on; it
// puts nothing in order (market.Order).
//
// # The past
//
// What the book calls late is dropped, and is no sign of life: a source that tells of
// nothing else is silent, whatever beats beside it. A connection on which more than 128
// updates in a row were late, over ten seconds at least, is made anew, so that a venue
// that began to number anew is followed.
//
// # Bad input
//
// A record that is no quote is refused by itself: counted by reason, logged
// once in a while, quoted and cut. The values a symbol had stay. An unknown
// kind of message is skipped and counted. A connection that brings mostly
// garbage is dropped, and comes back after the backoff; a Passive source is not.
package feed
