package bitstamp

import (
	"testing"

	"ticker/feed/internal/venue/venuetest"
)

const script = "testdata/messages.txt"

func TestMessagesBecomeTheUpdatesOfTheScript(t *testing.T) {
	t.Parallel()
	venuetest.Run(t, New(nil), script)
}

func TestTradesAndBooksDoNotAllocate(t *testing.T) {
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"id":9000101`))
	venuetest.NoAllocs(t, New(nil), venuetest.Message(t, script, `"order_book_abcusd"`))
}

func FuzzParser(f *testing.F) {
	venuetest.Seed(f, script)
	f.Fuzz(func(t *testing.T, message []byte) {
		venuetest.Check(t, New(nil), message)
	})
}
