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
// A Parser is the part of an exchange's Source that knows its messages and
// nothing of connections, so that a recording of an exchange takes the same
// way as its live feed. Each exchange has a package of its own below this one.
//
// # Concurrency
//
// A Source calls its Sink from one goroutine at a time. Sink calls never block
// on a client, a store or a log: a flood upstream is conflated by the book, it
// queues nowhere. Feeds share nothing, so that one that fails, floods or
// panics leaves the others alone; a panic in a Source is a failure of its
// connection.
//
// # Bad input
//
// A record that is no quote is refused by itself: counted by reason, logged
// once in a while, quoted and cut. The values a symbol had stay. An unknown
// kind of message is skipped and counted. A connection that brings mostly
// garbage is dropped, and comes back after the backoff.
package feed
