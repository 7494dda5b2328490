// Package coinbase reads the messages of the Coinbase Exchange feed
// (wss://ws-feed.exchange.coinbase.com), and keeps the connections to it.
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
// A ticker comes with every trade and with nothing else: a quote that changes
// without one is told with the next trade. The channels that tell at once are for
// those who have an account.
//
// Everything else is skipped: subscriptions, heartbeat, snapshot, l2update,
// error, and types that are yet to come. A skipped message is not read past
// its type.
//
// # Names
//
// Product names are canonical already. Those that are traded now come from
// /products.
//
// # Connection
//
// A product is one stream: it is asked for in the channels ticker, matches and
// heartbeat by one message, and is subscribed when an acknowledgement lists it
// under all three. Every acknowledgement, of a subscription and of the end of one,
// is the whole of what is subscribed. An error refuses a message as a whole and
// does not name it; it is about the oldest that was not answered, and the products
// of that are asked for again in halves until those that Coinbase does not have
// stand alone.
//
// Coinbase ends a connection that has asked for nothing within 5 s, so products
// are asked for at once. A connection has 200 products at most. Every one of them
// has a heartbeat each second, so 5 s without a word are a dead connection.
// Coinbase announces no ends.
//
// A heartbeat names the newest trade of its product. Two in a row that know of one
// that did not come tell that it was lost: the product is subscribed anew, which
// brings it as last_match.
//
// After subscribing Coinbase sends the last ticker and the last_match of each
// product, and replays nothing else. The ids of a product's matches rise by one,
// so that a jump is a gap, and is counted; it shows with the next match, and not
// before.
//
// # Concurrency
//
// A Parser is not safe for concurrent use: every connection has its own. A dialect
// keeps nothing.
package coinbase
