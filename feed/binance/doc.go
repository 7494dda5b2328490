// Package binance is the feed of Binance: of its spot market and those that speak
// alike (Binance.US, Binance TR), and of its futures that are margined in dollars.
//
//	live.Source ◄── Live: addresses, limits, names, listings
//	    │ each connection
//	    ├─ Parser    quotes, trades and 24 h figures, from messages raw or wrapped
//	    └─ dialect   requests, their answers, announced ends
//
// # Messages
//
//	bookTicker                  best bid and offer            Quotes, by u
//	aggTrade                    prints of one taker order     Trades, by a
//	trade                       one print                     Trades, by t
//	24hrTicker, 24hrMiniTicker  last trade and 24 h figures   Statistics, by time
//
// Payloads name their fields with single letters whose meaning depends on the
// event, and the spot bookTicker names no event at all; so a payload's fields
// are collected first and understood when all are there.
//
// An aggTrade and the trades in it are the same shares: subscribe to one of
// the two, or they count twice. The live feed takes aggTrade. Their ids are two
// rows of numbers, and in one channel the lower row would be late.
//
// A 24hrTicker has a time and no sequence, and its best bid and offer are up to
// a second older than those of a bookTicker. Its quote is not read, and its
// channel is its own, so that it neither moves a quote back nor makes a later
// bookTicker look late. Its last price is read, as nothing else tells that of a
// symbol without trades; where it crosses a trade on the way, it shows the price
// before that trade until the next one, or the next second.
//
// Everything else is skipped: depth, kline, answers and errors, statistics of
// other windows. A skipped event is not read past its name.
//
// # Names
//
// BTCUSDT is BTC-USDT. What Binance lists goes by its assets: exchangeInfo is
// asked for over HTTP, and what has the status TRADING is taken of it. Without a
// list, and in recordings, a name is parted before the longest quote asset that
// ends it. That guess is wrong where an asset ends in the letter that a longer
// quote asset begins with (BNBUSD is no BN-BUSD); the assets of Binance.US of
// which this is known have a table. BTCUSDT_240628, a contract with a date, is
// BTC-USDT-240628; BTCUSD_PERP is BTC-USD-PERP. A name that ends in no known
// quote asset stays as it is.
//
// # Subscriptions
//
// A symbol is three streams: btcusdt@bookTicker, btcusdt@aggTrade and
// btcusdt@miniTicker. On the spot market they come on one connection to /stream;
// those of the futures on two, bookTicker on /public/stream and the others on
// /market/stream. They are asked for in requests of up to 200,
//
//	{"method":"SUBSCRIBE","params":["btcusdt@bookTicker",…],"id":2}
//	{"result":null,"id":2}
//
// answered by their id; an odd id is that of an UNSUBSCRIBE. An error
// ({"code","msg","id"}, or the first two within "error") refuses the whole
// request, so it is made again in halves. A symbol that does not exist is not
// refused by Binance but granted, and silent. Nothing is replayed on subscribing:
// a quote comes with its first change, figures within a second of the first.
//
// # Limits
//
// 1,024 streams a connection: 341 symbols, or 512 of the futures. 5 messages a
// second (10) are heard of a client, pings and pongs among them, or it is cut: no
// more than 2 (5) are requests. 300 connections in 5 minutes from one address:
// half of that.
//
// # Life of a connection
//
// Binance pings every 20 s (3 min) and cuts who does not answer; it has no other
// heartbeat, so the connection is pinged too. It lives for a day: a bit earlier,
// or when the event serverShutdown announces it, another takes over.
//
// Ids of aggTrades rise by one for each symbol, so that a jump tells of trades that
// were missed. Those of bookTickers have gaps of their own.
//
// A Parser is not safe for concurrent use; every connection has its own.
package binance
