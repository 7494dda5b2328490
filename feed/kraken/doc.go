// Package kraken reads the messages of Kraken, v2 (wss://ws.kraken.com/v2) and
// v1 (wss://ws.kraken.com); recordings of both are around. The shape of a
// message tells its version.
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
// ids: those of one instant are all accepted, and one that is sent twice counts
// twice. A ticker of v2 has no size of the last trade.
//
// Everything else is skipped: book (also with two payloads), ohlc, heartbeat,
// status and the answers to commands.
//
// XBT/USD and BTC/USD are BTC-USD, XDG/USD is DOGE-USD.
//
// A Parser is not safe for concurrent use.
package kraken
