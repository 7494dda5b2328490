package binance

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(Options{}), script)
}

func TestBookTickersDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(Options{}), venuetest.Message(t, script, `"u":400900217`))
	venuetest.NoAllocs(t, New(Options{}), venuetest.Message(t, script, `"u":400900218`))
}

func TestTradesAndStatisticsDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(Options{}), venuetest.Message(t, script, `"e":"aggTrade"`))
	venuetest.NoAllocs(t, New(Options{}), venuetest.Message(t, script, `"e":"24hrTicker"`))
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(Options{}), message)
	})
}

// BenchmarkBookTicker watches the cost of the message that brings every quote.
func BenchmarkBookTicker(b *testing.B) {
	venuetest.Bench(b, New(Options{}), venuetest.Message(b, script, `"u":400900217`))
}

// BenchmarkCombined watches what the wrapping of a combined stream adds.
func BenchmarkCombined(b *testing.B) {
	venuetest.Bench(b, New(Options{}), venuetest.Message(b, script, `"u":400900218`))
}

// BenchmarkAggTrade watches the cost of a print.
func BenchmarkAggTrade(b *testing.B) {
	venuetest.Bench(b, New(Options{}), venuetest.Message(b, script, `"e":"aggTrade"`))
}
