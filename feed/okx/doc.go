// Package okx reads the messages of OKX and of OKCoin, version 5
// (wss://ws.okx.com:8443/ws/v5/public).
//
//	tickers             best bid and offer, last, 24 h figures   Quotes, by time
//	bbo-tbt             best bid and offer                       Quotes, by time
//	trades, trades-all  prints, several in a message             Trades, by tradeId
//
// An empty text stands for a value that is not known, such as the bid of an
// empty side. The trade that OKX repeats on subscribing looks like any other
// and counts as one, unless its tradeId was counted before. Take one of trades
// and trades-all: the first puts the prints of one taker order together.
//
// Everything else is skipped: books, candles, events (subscribe, error,
// notice) and the text "pong".
//
// Names are canonical already, also those of contracts: BTC-USD-SWAP,
// BTC-USD-220325-40000-C. Sizes and volume of contracts count contracts.
//
// A Parser is not safe for concurrent use.
package okx
