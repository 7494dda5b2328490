package okx

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(nil), script)
}

func TestBesideEveryQuoteTickersHaveTheRest(t *testing.T) {
	t.Parallel()
	p := New(nil)
	p.besideBBO = true
	venuetest.Run(t, p, "testdata/beside_bbo.txt")
}

func TestQuotesAndTradesDoNotAllocate(t *testing.T) {
	for _, part := range []string{`"lastSz":"0.37"`, `"tradeId":"130639"`, `"channel":"bbo-tbt"`} {
		venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, part))
	}
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(nil), message)
	})
}
