// Package okx is the feed of OKX and of OKCoin, version 5 of their protocol.
//
//	live.Source ◄── Live: address, limits, listings
//	    │ each connection
//	    ├─ Parser    quotes, trades and 24 h figures
//	    └─ dialect   requests, their answers, announced ends
//
// # Messages
//
//	tickers             best bid and offer, last, 24 h figures   Quotes, by time
//	bbo-tbt             best bid and offer                       Quotes, by time
//	trades, trades-all  prints, several in a message             Trades, by tradeId
//
// An empty text stands for a value that is not known, such as the bid of an
// empty side. The trade that OKX repeats on subscribing looks like any other
// and counts as one, unless its tradeId was counted before. Take one of trades
// and trades-all: the first puts the prints of one taker order together, and its
// tradeId is that of the last of them, so that its ids have gaps.
//
// Everything else is skipped: books, candles, events (subscribe, error,
// notice) and the text "pong".
//
// # Names
//
// Names are canonical already, also those of contracts: BTC-USD-SWAP,
// BTC-USD-220325-40000-C. Sizes and volume of contracts count contracts.
//
// The instruments that are live are asked for over HTTP, one question for each of
// the option types: SPOT, SWAP and FUTURES. Options (of the other kind) are listed
// by family only, and are not: one that is wanted is given by its name,
// names=BTC-USD-240628-40000-C=BTC-USD-240628-40000-C. OKCoin has the type SPOT
// alone.
//
// # Subscriptions
//
// An instrument is two streams, tickers and trades. Tickers come every 100 ms at
// most. With the option quotes=bbo-tbt every change of the best bid and offer comes
// too, and the quote of a ticker, which may be older, is not read: its other
// figures have the channel Statistics then. Streams are asked for in requests of
// up to 300, and answered one by one:
//
//	{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"},…]}
//	{"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"…"}
//
// An error that names a stream, in arg or in its words, refuses that stream; any
// other refuses the oldest request, which is made again in halves. The codes 60014,
// 50011 and 64007 say that a request was not heard and may come later.
//
// OKX sends the newest ticker and the newest trade of an instrument at once when it
// is subscribed.
//
// # Limits
//
// 480 requests an hour on a connection, of any length up to 64 KB: 60 at once, and
// one every 9 s. 3 connections a second from one address: one, and two at once.
// 300 instruments on a connection are our own limit, so that the loss of one
// takes few with it.
//
// # Life of a connection
//
// OKX cuts a connection on which it had nothing to say for 30 s. The text "ping",
// which it answers with "pong", keeps it alive. The notice 64008 announces that a
// connection will end, and another takes over. channel-conn-count-error ends some
// subscription of a channel and does not say which, so that it ends the connection.
//
// A Parser is not safe for concurrent use; every connection has its own.
package okx
