// Package market holds the nouns of the service: a symbol, an exact decimal,
// the update a feed brings, the quote a book keeps for a symbol, and the
// envelope of trades that conflation skipped.
//
//	feed ── Update ──► book ── Quote, Envelope ──► clients
//	                     └──── Sample ──► history ── Quote, Candle ──► clients
//
// It is the leaf of the module: every other room speaks in these types, and it
// imports none of them.
//
// Numbers are decimals from end to end: the digits that came in are the digits
// that go out. There is no conversion to or from floating point in this
// package, and there must be none anywhere between a feed and a client.
//
// Times are integer microseconds since the Unix epoch, UTC; zero means unknown.
//
// # Concurrency
//
// Everything here is a value. Nothing locks, starts a goroutine or reads a
// clock, and no value holds a pointer into anything that changes, so a copy is
// always safe to keep and to read while the original goes on.
//
// # What the caller must do
//
// Text from outside becomes a Symbol, a Pattern or a Decimal through its Parse
// function only, which is what every other room relies on. Decimals are
// compared with Cmp or Equal, never with ==.
package market
