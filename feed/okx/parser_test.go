package okx

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(), script)
}

func TestQuotesAndTradesDoNotAllocate(t *testing.T) {
	for _, part := range []string{`"lastSz":"0.37"`, `"tradeId":"130639"`, `"channel":"bbo-tbt"`} {
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
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"lastSz":"0.37"`))
}

// BenchmarkTrades watches the cost of a list of prints.
func BenchmarkTrades(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"tradeId":"130639"`))
}

// BenchmarkBooks watches that depth, the most of what OKX sends, costs little
// when it is not used.
func BenchmarkBooks(b *testing.B) {
	venuetest.Bench(b, New(), venuetest.Message(b, script, `"channel":"books"`))
}
