package binance

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

// BenchmarkBookTicker watches the cost of the message that brings every quote.
func BenchmarkBookTicker(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"u":400900217`))
}

// BenchmarkCombined watches what the wrapping of a combined stream adds.
func BenchmarkCombined(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"u":400900218`))
}

// BenchmarkAggTrade watches the cost of a print.
func BenchmarkAggTrade(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"e":"aggTrade"`))
}

// BenchmarkBookTickerApplied watches the whole way of a quote, from the bytes of a
// connection into the book, which has to keep up with all of Binance on one core.
func BenchmarkBookTickerApplied(b *testing.B) {
	venuetest.BenchApplied(b, New(nil),
		[]byte(`{"stream":"btcusdt@bookTicker","data":{"u":81234567890,"s":"BTCUSDT","b":"91234.56000000","B":"3.21480000","a":"91234.57000000","A":"0.88123000"}}`),
		[]byte(`{"stream":"btcusdt@bookTicker","data":{"u":81234567890,"s":"BTCUSDT","b":"91234.50000000","B":"0.00120000","a":"91234.51000000","A":"12.40661000"}}`))
}
