// Package coinbase reads the messages of the Coinbase Exchange feed
// (wss://ws-feed.exchange.coinbase.com).
//
//	ticker      best bid and offer, last trade, 24 h figures   Quotes, by sequence
//	match       one print                                      Trades, by trade_id
//	last_match  the print before the subscription              Trades, no trade
//
// The sequence of a ticker is the product's own and jumps: it tells older from
// newer and no more. A ticker names the last trade too, but several makers hit
// by one order make one ticker, so only a match counts as a trade. A
// last_match was printed before we listened: it sets the last price and is not
// counted, and a match of the same trade_id is a duplicate of it.
//
// Everything else is skipped: subscriptions, heartbeat, snapshot, l2update,
// error, and types that are yet to come. A skipped message is not read past
// its type. Product names are canonical already.
//
// A Parser is not safe for concurrent use.
package coinbase
