package fanout

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

// tenfold is places of another stream: one for every ten stamps.
type tenfold struct{ epoch string }

func (p *tenfold) Epoch() string                    { return p.epoch }
func (*tenfold) Outward(safe uint64) uint64         { return safe / 10 }
func (*tenfold) Inward(place uint64) (stamp uint64) { return place * 10 }

func TestACursorNamesThePlaceOfTheStream(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		stream := &tenfold{epoch: "e1"}
		f.hub.places = stream
		for i := range int64(25) {
			f.quote("A", i)
		}
		pass(time.Second)
		cursor := f.hub.Cursor()
		if cursor != "e1.2" || f.hub.Epoch() != "e1" || !f.hub.Knows(cursor) {
			t.Fatalf("after 25 updates the cursor is %s of epoch %s", cursor, f.hub.Epoch())
		}
		f.crowded(10)
		pass(time.Second)
		later := f.hub.Cursor()
		if later != "e1.3" {
			t.Errorf("after ten more it is %s", later)
		}
		if diff := cmp.Diff([]market.Symbol{"A"}, f.resume(Request{Symbols: []string{"A"}, Since: cursor})); diff != "" {
			t.Errorf("from stamp 20 (-want +got):\n%s", diff)
		}
		if got := f.resume(Request{Symbols: []string{"A"}, Since: later}); got != nil {
			t.Errorf("from stamp 30 a resume brings %v", got)
		}
		stream.epoch = "e2"
		if got := f.hub.Cursor(); got != "e2.3" {
			t.Errorf("in another epoch the cursor is %s", got)
		}
		if f.hub.Knows(later) {
			t.Error("a cursor of the epoch before is known")
		}
	})
}
