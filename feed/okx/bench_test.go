package okx

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

// BenchmarkTicker watches the cost of the message that brings every quote.
func BenchmarkTicker(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"lastSz":"0.37"`))
}

// BenchmarkTrades watches the cost of a list of prints.
func BenchmarkTrades(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"tradeId":"130639"`))
}

// BenchmarkBooks watches that depth, the most of what OKX sends, costs little
// when it is not used.
func BenchmarkBooks(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"channel":"books"`))
}

// BenchmarkTickerApplied watches the whole way of a ticker, from the bytes of a
// connection into the book.
func BenchmarkTickerApplied(b *testing.B) {
	venuetest.BenchApplied(b, New(nil),
		[]byte(`{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"91234.5","lastSz":"0.0037","askPx":"91234.6","askSz":"0.40","bidPx":"91234.5","bidSz":"8.5","open24h":"90033.3","high24h":"92350.1","low24h":"89031.9","sodUtc0":"90333.6","sodUtc8":"90334.2","volCcy24h":"1483600123.16","vol24h":"16364.55","ts":"1763740800301"}]}`),
		[]byte(`{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"91234.6","lastSz":"0.12","askPx":"91234.7","askSz":"1.03","bidPx":"91234.6","bidSz":"0.2","open24h":"90033.3","high24h":"92350.1","low24h":"89031.9","sodUtc0":"90333.6","sodUtc8":"90334.2","volCcy24h":"1483600133.91","vol24h":"16364.67","ts":"1763740800301"}]}`))
}
