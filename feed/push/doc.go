// Package push is the source of quotes that others bring: over HTTP
// (POST /v1/quotes) or with the publish command of the WebSocket protocol.
//
//	publishers ──► Publish, PublishBody ──► feed.Sink
//
// A Source is connected for as long as its feed runs it. It is a feed.Passive
// source: silence makes its symbols stale and the next quote live again, and
// the garbage of one publisher costs nobody else anything.
//
// # What a publisher is told
//
// A record is accepted when it is a quote that the publisher may write, and
// was handed to the book. Whether the book used it is not told: a quote older
// than the newest one is dropped and counted as late in
// ticker_feed_updates_total, as it is for every other source. So sending a
// body again after a lost answer does no harm, provided that its quotes carry
// ts: those that the book has moved past change nothing.
//
// A record that is refused is named by its line, with a code for machines and
// a message for people, and changes nothing; the records around it stand. A
// body that begins as an array and is no valid one is refused as a whole.
// A symbol that the publisher may not write is told to the publisher alone: it
// is no fault of the feed and not in its metrics.
//
// # Concurrency
//
// Publish and PublishBody may be called from any number of goroutines, before,
// while and after the feed runs. Bodies are read side by side, in batches of
// 64 records; a batch is handed over under one lock, so that calls of the Sink
// come one at a time and a big body delays a small one by a batch, not by
// itself. The records of a body stay in order.
//
// # Bounds
//
// A body is read in place, with a batch of memory besides. Its size is for the
// caller to bound. Reading stops at Config.Rejections refused records, with a
// last rejection that says so.
package push
