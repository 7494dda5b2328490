// Package binance reads the messages of Binance: spot, Binance.US, Binance TR
// and the futures, raw (/ws/…) or wrapped (/stream?streams=…).
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
// bookTicker look late.
//
// Everything else is skipped: depth, kline, answers and errors, statistics of
// other windows. A skipped event is not read past its name.
//
// # Names
//
// BTCUSDT is BTC-USDT: the name is parted before the longest quote asset that
// ends it. That guess is wrong where an asset ends in the letter that a longer
// quote asset begins with (BNBUSD is no BN-BUSD); the assets of Binance.US of
// which this is known are listed, and Options.Symbols overrides any name.
// BTCUSDT_240628, a contract with a date, is BTC-USDT-240628; BTCUSD_PERP is
// BTC-USD-PERP. A name that ends in no known quote asset stays as it is.
//
// A Parser is not safe for concurrent use.
package binance
