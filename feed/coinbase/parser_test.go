package coinbase

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(nil), script)
}

func TestTickersDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"volume_30d"`))
}

func TestMatchesDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"type":"match"`))
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(nil), message)
	})
}

// BenchmarkTicker watches the cost of the message that brings every quote.
func BenchmarkTicker(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"volume_30d"`))
}

// BenchmarkDepth watches that a message of no use is left at its type.
func BenchmarkDepth(b *testing.B) {
	venuetest.Bench(b, New(nil), venuetest.Message(b, script, `"type":"l2update"`))
}
