// Package nats publishes records to NATS, each on a subject of its symbol.
//
//	Publisher ──Records──► Sink ──quotes.AAPL──► server, or a stream of it
//
// A subject is made from a template, "quotes.{symbol}". A dot parts the words of a
// subject, so one in a symbol is written as %2E: BRK.B is published on quotes.BRK%2EB.
// All other characters of symbols are those of subjects.
//
// Core NATS passes a record on to who listens at that moment, and Send returns when
// the server has read all; with Stream a stream keeps it, and Send returns when the
// stream has acknowledged all. The connection is made by the first Send. Nothing is
// kept to be sent later: after an error the connection is closed and what was on its
// way in it is given up, so a server that stood still meanwhile may still read it,
// behind what the next connection brings.
//
// A Sink is for one goroutine at a time.
package nats
