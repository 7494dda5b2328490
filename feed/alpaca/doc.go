// Package alpaca reads the stock stream of Alpaca
// (wss://stream.data.alpaca.markets/v2/iex and its sisters), in JSON and in
// MessagePack, and keeps the connection to it.
//
//	q  best bid and offer   Quotes, by time
//	t  one print            Trades, by time
//	s  halted or resumed    Statuses, by time: a change of status alone
//
// A frame is an array of events, and all of it has one format; the first byte of a
// frame tells which. Everything else is skipped: bars, limit bands, imbalances,
// corrections and cancels of trades, which change what was and not what is, and
// control messages, which come alone.
//
// # Values
//
// A bid or ask of 0 without an exchange is no quote on that side: the side is
// unknown, and keeps what it had. The ids of trades rise for each exchange by
// itself and not for a symbol, so that only times put trades in order. Of one time,
// the id and the exchange tell trades apart, and one that is told again counts once.
// Equal trades without an id count as often as one frame told of them. Conditions of
// quotes and trades are not judged: a print of an odd lot sets the last price.
//
// Of the codes of a trading status 2, H and P halt a symbol, 3 and T let it
// trade again. All others leave the status as it is: they tell of limits and
// imbalances, or that quotes have resumed and trades have not.
//
// In MessagePack prices are binary floating-point numbers on the wire. Each is
// read as the shortest decimal that gives the same binary number, which is the one
// that Alpaca had as long as it had no more than 15 digits. JSON, which is what is
// asked for by itself, has the digits as they are.
//
// # Names
//
// Alpaca's names are canonical. Its list of assets needs the keys and is not asked:
// a name is taken as it is, and a pattern stands for nothing. The one pattern that
// Alpaca itself knows is *, everything: where the configuration asks for it, it is
// a symbol like any other to the connection.
//
// # Connection
//
// Alpaca greets, is told the keys, and says that they are good; what is asked for
// before that is an error. Most accounts may have one connection at a time, so
// that all symbols go on one. A symbol is two streams: its trades and quotes,
// which are asked for together, and its status, which some accounts may not have.
// Every answer is the whole of what is subscribed; one that does not name statuses
// is of a stream that has none, and then none are missed. An error names nothing
// and is about the oldest request; a request of several symbols is made again in
// halves.
//
// Keys that are wrong, and data that the account may not have, are not worth
// another try before ten minutes are over; a connection that is held, by somebody
// else or by a former one of ours, before ten seconds are. There is no heartbeat, and no planned end: the connection is
// pinged. Nothing is replayed after subscribing, so that a symbol has no quote
// until the next.
//
// # Concurrency
//
// A Parser is not safe for concurrent use, nor is a dialect: every connection has
// its own.
package alpaca
