// Package dialect is as much of the ticker protocol as a peer needs: a client's
// subscribe, and the answer to it. What follows, quotes events, is in package
// stream.
//
// A connection subscribes once, with its first message. Whatever a client sends
// later is not looked at, and the interval and the fields are those that the
// server was started with: a benchmark asks for the same everywhere.
//
// Everything here is safe for concurrent use.
package dialect
