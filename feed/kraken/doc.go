// Package kraken reads the messages of Kraken, v2 (wss://ws.kraken.com/v2) and
// v1 (wss://ws.kraken.com), and keeps the connections to either; recordings of
// both are around. The shape of a message tells its version.
//
// Version 2, objects with a channel, a type and a list of data:
//
//	ticker          best bid and offer, last, 24 h figures   Quotes, by time
//	trade update    prints                                   Trades, by trade_id
//	trade snapshot  prints before the subscription           Trades, no trades
//
// Version 1, arrays of channel id, payload, name of the channel and pair,
// which are told apart by their last two elements:
//
//	ticker          as above; of each pair of figures the 24 h one   Quotes, no order
//	spread          best bid and offer                               Quotes, by time
//	trade           prints                                           Trades, by time
//
// A ticker of v1 has neither time nor sequence, and the trades of v1 have no
// ids. A ticker of v2 has no size of the last trade.
//
// Everything else is skipped: book (also with two payloads), ohlc, heartbeat,
// status and the answers to commands.
//
// # Names
//
// XBT/USD and BTC/USD are BTC-USD, XDG/USD is DOGE-USD. A subscription of v2 wants
// BTC/USD, one of v1 XBT/USD. The pairs that are traded now come from AssetPairs,
// which names them as v1 does.
//
// # Connection
//
// Version 2 is spoken unless the option version says 1. A pair is two streams,
// ticker and trade, of v1 three: a ticker of v2 comes with every change of the
// best bid or offer, because it is asked to, one of v1 with trades only, and
// spread tells what is between.
//
// Each symbol of a request is answered by itself, with its channel, in any order.
// A refusal of v2 names the symbol and not the channel, which the number of the
// request tells, as Kraken sends it back. Kraken publishes no limit for requests:
// to those that come too fast it says so, without a number, and then nothing that
// is under way counts as heard; what was heard all the same is subscribed already
// when it is asked for again, and that is as good as an acknowledgement. New
// connections are paced below what has an address banned.
//
// Once something is subscribed there is a heartbeat each second when there is
// nothing else, so 5 s without a word are a dead connection. Kraken announces no
// ends. The status of the exchange, which it tells when a connection is made and
// when it changes, means nothing here: data goes on while orders are restricted,
// and where it does not the connection ends.
//
// After subscribing v2 sends the current ticker and the last trades, marked as
// such: those that were told before are dropped by their ids, the others set the
// last price and are not counted. Ids of trades rise by one within a book of v2, so
// that a jump is a gap, and is counted.
//
// # Trades of version 1
//
// A message holds all fills of one match, so that equal ones in it, of one time,
// price and size, are several trades, and those of another message are the same,
// told again. Matches that differ in nothing, not even in the microsecond, and come
// in two messages cannot be told from that, and count once.
//
// Kraken may send the last trades of a pair when they are subscribed. It does not
// mark them, so the first list of trades after the acknowledgement is taken for that
// if it spans more than a second, whatever the clocks say: what is sent as it is
// made is of one moment. As in v2 it sets the last price and is not counted, not even
// what was missed in an outage. A replay of a pair so busy, or so quiet, that it
// spans less is not known for one: what is newer in it than all that was told before
// is counted.
//
// # Concurrency
//
// A Parser is not safe for concurrent use: every connection has its own. A dialect
// keeps nothing.
package kraken
