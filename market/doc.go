// Package market holds the nouns of the service: a symbol, an exact decimal,
// the quote a book keeps for a symbol, the update a feed brings, and the
// envelope of trades that conflation skipped.
//
// It is the leaf of the module: every other room speaks in these types, and it
// imports none of them. Everything here is a value. Nothing locks, starts a
// goroutine or reads a clock, and a Quote holds no pointer into anything that
// changes, so copying one is always safe.
//
// Numbers are decimals from end to end: the digits that came in are the digits
// that go out. There is no conversion to or from floating point in this
// package, and there must be none anywhere between a feed and a client.
//
// Times are integer microseconds since the Unix epoch, UTC; zero means unknown.
package market
