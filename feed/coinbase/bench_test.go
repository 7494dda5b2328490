package coinbase

import (
	"strings"
	"testing"

	"ticker/book"
	"ticker/feed/internal/venue/venuetest"
	"ticker/market"
)

// today is a ticker as Coinbase sends them now, with all fields.
const today = `{"type":"ticker","sequence":91374659012,"product_id":"BTC-USD","price":"64213.17","open_24h":"63890.4",` +
	`"volume_24h":"9120.44718230","low_24h":"63120.01","high_24h":"64880","volume_30d":"288401.90031177","best_bid":"64213.16",` +
	`"best_bid_size":"0.42180000","best_ask":"64213.17","best_ask_size":"0.00731942","side":"buy",` +
	`"time":"2026-03-14T09:26:53.589793Z","trade_id":702993310,"last_size":"0.00125"}`

func TestTickersDoNotAllocateOnTheirWayIntoTheBook(t *testing.T) {
	b := book.New(book.Config{MaxSymbols: 10})
	p, message := New(nil), []byte(today)
	apply := func(u *market.Update) {
		if outcome := b.Apply(u); outcome != market.Accepted {
			t.Errorf("a ticker is %s", outcome)
		}
	}
	allocs := testing.AllocsPerRun(1000, func() {
		if err := p.Parse(message, apply); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations a ticker", allocs)
	}
}

// BenchmarkTickerApplied watches what a ticker costs from its bytes to the book,
// which bounds how much of the market one core takes.
func BenchmarkTickerApplied(b *testing.B) {
	other := strings.NewReplacer("64213.1", "64209.8", "0.42180000", "1.07650000", "0.00125", "0.31045").Replace(today)
	venuetest.BenchApplied(b, New(nil), []byte(today), []byte(other))
}
