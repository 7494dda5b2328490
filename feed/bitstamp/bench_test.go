package bitstamp

import (
	"fmt"
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

// BenchmarkTrade watches the cost of a print.
func BenchmarkTrade(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"id":9000101`))
}

// BenchmarkBook watches the cost of reading the best two of a book's levels.
func BenchmarkBook(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"order_book_abcusd"`))
}

// BenchmarkTradeApplied watches the whole way of a print, from the bytes of a
// connection into the book, which takes no id twice: the prints have none.
func BenchmarkTradeApplied(b *testing.B) {
	var prints [][]byte
	for _, price := range []string{"91234.5", "91234.6"} {
		prints = append(prints, fmt.Appendf(nil, `{"data":{"timestamp":"1763740800","amount":0.00158473,"amount_str":"0.00158473","price":%s,"price_str":%q,"type":0,"microtimestamp":"1763740800665724","buy_order_id":1934126671011001,"sell_order_id":1934126671156001},"channel":"live_trades_btcusd","event":"trade"}`,
			price, price))
	}
	venuetest.BenchApplied(b, New(nil), prints...)
}
