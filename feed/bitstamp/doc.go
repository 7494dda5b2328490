// Package bitstamp reads the messages of Bitstamp's WebSocket API, version 2
// (wss://ws.bitstamp.net).
//
//	trade on live_trades_<pair>   one print                      Trades, by id
//	data on order_book_<pair>     best of the 100 best levels    Quotes, by time
//
// There is no ticker channel. Numbers come twice, as JSON numbers and as text
// with all digits; the text is taken where it is there.
//
// Everything else is skipped: diff_order_book, orders, bts:subscription_succeeded,
// bts:request_reconnect, bts:heartbeat, bts:error.
//
// btcusd is BTC-USD: the name is parted before the longest quote asset that
// ends it. btcusd-perp is BTC-USD-PERP. A name that ends in no known quote
// asset stays whole, in upper case.
//
// A Parser is not safe for concurrent use.
package bitstamp
