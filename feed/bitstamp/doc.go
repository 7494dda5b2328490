// Package bitstamp is the feed of Bitstamp, version 2 of its WebSocket protocol.
//
//	live.Source ◄── Live: address, limits, names, listings
//	    │ each connection
//	    ├─ Parser    quotes and trades
//	    └─ dialect   requests, their answers, announced ends
//
// # Messages
//
//	trade on live_trades_<pair>   one print                      Trades, by id
//	data on order_book_<pair>     best of the 100 best levels    Quotes, by time
//
// There is no ticker channel, so that open, high, low and volume stay unknown.
// Numbers come twice, as JSON numbers and as text with all digits; the text is
// taken where it is there.
//
// Everything else is skipped: diff_order_book, orders, and all that begins with
// bts:.
//
// # Names
//
// btcusd is BTC-USD. What Bitstamp lists goes by the name that it has there
// ("BTC/USD"): the pairs that are enabled are asked for over HTTP. Without a list,
// and in recordings, a name is parted before the longest quote asset that ends it;
// btcusd-perp is BTC-USD-PERP. A name that ends in no known quote asset stays
// whole, in upper case.
//
// # Subscriptions
//
// A pair is two channels, and a request has one:
//
//	{"event":"bts:subscribe","data":{"channel":"order_book_btcusd"}}
//	{"event":"bts:subscription_succeeded","channel":"order_book_btcusd","data":{}}
//
// bts:error refuses the channel that it names, or else the oldest request. A pair
// that does not exist is not refused by Bitstamp but granted, and silent. A book
// comes whole with every change, and nothing is replayed.
//
// # Limits
//
// Bitstamp publishes none for messages: we make 20 a second, with 100 pairs on a
// connection.
//
// # Life of a connection
//
// The connection is pinged as WebSocket has it; bts:heartbeat, which Bitstamp would
// answer too, is not needed. bts:request_reconnect asks to come anew: another
// connection takes over. After 90 days a connection ends anyhow.
//
// Ids of trades rise over all pairs, so that a jump tells nothing of one.
//
// A Parser is not safe for concurrent use; every connection has its own.
package bitstamp
