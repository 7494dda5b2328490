package binance

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(nil), script)
}

func TestBookTickersDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"u":400900217`))
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"u":400900218`))
}

func TestTradesAndStatisticsDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"e":"aggTrade"`))
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"e":"24hrTicker"`))
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(nil), message)
	})
}
