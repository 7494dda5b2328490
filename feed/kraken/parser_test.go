package kraken

import (
	"bytes"
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(nil), script)
}

func TestQuotesAndTradesDoNotAllocate(t *testing.T) {
	for _, part := range []string{`"symbol":"XLM/USD"`, `"trade_id":4665906`, `[340,{"a":["5525.4`, `"5698.40000"`, `"6060.00000"`} {
		venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, part))
	}
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(nil), message)
	})
}

// BenchmarkTicker watches the cost of the message that brings every quote.
func BenchmarkTicker(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"symbol":"XLM/USD"`))
}

// BenchmarkTrades watches the cost of a list of prints.
func BenchmarkTrades(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"trade_id":4665906`))
}

// BenchmarkTickerV1 watches the cost of the older version, which reads its
// payload after the end of the message.
func BenchmarkTickerV1(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `[340,{"a":["5525.4`))
}

// BenchmarkTickerApplied watches what a ticker costs from its bytes to the book.
func BenchmarkTickerApplied(b *testing.B) {
	text := venuetest.Message(b, script, `"symbol":"XLM/USD"`)
	venuetest.BenchApplied(b, New(nil), text, bytes.ReplaceAll(text, []byte("0.100"), []byte("0.101")))
}
