package bitstamp

import (
	"slices"
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(), script)
}

func TestPairsArePartedBeforeTheQuoteAsset(t *testing.T) {
	t.Parallel()
	n := names{quotes: quotes()}
	for native, want := range map[string]string{
		"btcusd":      "BTC-USD",
		"usdtusd":     "USDT-USD",
		"usdteur":     "USDT-EUR",
		"btcusdt":     "BTC-USDT",
		"batbtc":      "BAT-BTC",
		"galaeur":     "GALA-EUR",
		"xlmgbp":      "XLM-GBP",
		"pyusdusd":    "PYUSD-USD",
		"xrprlusd":    "XRP-RLUSD",
		"btcusd-perp": "BTC-USD-PERP",
		"newcoin":     "NEWCOIN",
		"":            "",
	} {
		if got := n.canonical(native); got != want {
			t.Errorf("%s became %s, want %s", native, got, want)
		}
	}
}

func TestLongerQuoteAssetsComeFirst(t *testing.T) {
	t.Parallel()
	longerFirst := func(a, b string) int { return len(b) - len(a) }
	if table := quotes(); !slices.IsSortedFunc(table, longerFirst) {
		t.Errorf("not in order: %v", table)
	}
}

func TestTradesAndBooksDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(), venuetest.Message(t, script, `"id":9000101`))
	venuetest.NoAllocs(t, New(), venuetest.Message(t, script, `"order_book_abcusd"`))
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(), message)
	})
}

// BenchmarkTrade watches the cost of a print.
func BenchmarkTrade(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"id":9000101`))
}

// BenchmarkBook watches the cost of reading the best two of a book's levels.
func BenchmarkBook(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"order_book_abcusd"`))
}
