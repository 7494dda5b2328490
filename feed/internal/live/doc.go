// Package live keeps the connections to one exchange.
//
//	Demand ──► Source ──► line ──► socket ──► session (one WebSocket)
//	           (who is     (symbols that       │
//	            wanted)     live and die       ├─ quotes ──► Parser ──► Sink
//	                        together)          └─ the rest ► Dialect ──► desk
//
// The Source knows which symbols are wanted, by the configuration or by those who
// watch them now, and deals them out to lines: as many symbols as the venue allows
// on a connection, one line more when the last is full. A line is run by its
// feed.Feed, which makes it again after a failure; what it fed turns stale
// meanwhile. A line has a socket for each Endpoint of the venue, mostly one. A
// socket has one session, and for a moment two: before the venue's planned end of
// a connection a second one is opened and subscribed, and only then the first is
// dropped, so that nobody notices.
//
// A session asks for streams through its desk, which keeps the account: what is
// wanted, what was asked and when, what the venue granted and refused. A request
// that the venue does not answer is made again, and after a few tries ends the
// connection. One that it refuses is made again in halves, until those that it
// refuses stand alone; these are logged and left.
//
// # What a venue says of itself
//
// A Venue holds the facts: addresses, limits, how symbols are named, how its
// protocol is spoken. A Dialect does no I/O and knows no time, so that it is
// tested with texts.
//
// # Trades that are told again
//
// A trade that a venue tells again, after a reconnection or for no reason, counts
// once. Where trades have a sequence the book sees to that. For the others, those of
// Venue.Unnumbered, the Source knows what was told of each symbol's newest instant,
// whichever line and connection told it: what is older is dropped, and so is what is
// known of that instant. A Marker's ids tell trades of one instant apart. Without ids
// it is assumed that a message tells of all equal trades that it knows of, equal in
// time, price and size: of those as many count as one message ever told. Two real
// trades that are equal in all that, and told in two messages, count as one until a
// message tells of both. What is dropped counts as skipped.
//
// Up to 1,024 different trades of one instant are known, and the instants of 32,768
// symbols. Trades beyond that count, and so do those without a time: of these one may
// count twice, and none is lost. A time that was more than five seconds ahead of our
// clock makes nothing old that follows.
//
// # Bounds
//
// A session reads on one goroutine, which parses and hands over: the book
// conflates, so nothing queues behind the socket. Messages longer than 8 MiB end
// the connection. Requests are paced as the venue allows; connections too, over
// all lines. Symbols on demand are bounded by Config.Max.
//
// # Silence
//
// Each session judges its own: a connection of which nothing was heard for the
// limit ends, and its line with it. Where a venue has no heartbeat of its own the
// session pings, at a third of the limit, and the pong is what is heard.
//
// # Concurrency
//
// Each session has two goroutines: one reads, one writes and keeps time. Calls of
// the Sink are serialised by the line. Source.Run waits for all of them.
package live
