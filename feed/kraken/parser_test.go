package kraken

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(), script)
}

func TestAssetsHaveTheirUsualNames(t *testing.T) {
	t.Parallel()
	for native, want := range map[string]string{
		"XBT/USD": "BTC-USD",
		"ADA/XBT": "ADA-BTC",
		"XDG/XBT": "DOGE-BTC",
		"BTC/USD": "BTC-USD",
		"XBTC/US": "XBTC-US",
		"XBT":     "BTC",
		"A/B/C":   "A-B/C",
	} {
		if got := canonical(native); got != want {
			t.Errorf("%s became %s, want %s", native, got, want)
		}
	}
}

func TestQuotesAndTradesDoNotAllocate(t *testing.T) {
	for _, part := range []string{`"symbol":"XLM/USD"`, `"trade_id":4665906`, `[340,{"a":["5525.4`, `"5698.40000"`, `"6060.00000"`} {
		venuetest.NoAllocs(t, New(), venuetest.Message(t, script, part))
	}
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(), message)
	})
}

// BenchmarkTicker watches the cost of the message that brings every quote.
func BenchmarkTicker(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"symbol":"XLM/USD"`))
}

// BenchmarkTrades watches the cost of a list of prints.
func BenchmarkTrades(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"trade_id":4665906`))
}

// BenchmarkTickerV1 watches the cost of the older version, which reads its
// payload after the end of the message.
func BenchmarkTickerV1(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `[340,{"a":["5525.4`))
}
