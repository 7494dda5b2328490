package throttle

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestBandwidthIsKeptAndCanBeUsed sends at random times whatever there is room for:
// over any time it is never more than the rate allows and what had added up before;
// and whoever waits until it is due has room for a turn.
func TestBandwidthIsKeptAndCanBeUsed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.Int64Range(1, 10_000_000).Draw(rt, "rate")
		span := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(rt, "span"))
		start := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "start"))
		b := NewBandwidth(perSecond, start, span)
		if room := b.Room(start); room != 0 {
			rt.Fatalf("room for %d at the beginning", room)
		}
		now, sent := start, int64(0)
		kept := max(span, time.Second, time.Duration(float64(2*b.Turn())/float64(perSecond)*float64(time.Second)))
		for range 30 {
			if rapid.Bool().Draw(rt, "wait") {
				now = b.Due(now)
				if room := b.Room(now); room < b.Turn() {
					rt.Fatalf("room for %d when a turn of %d is due", room, b.Turn())
				}
			} else {
				now += time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(rt, "pass"))
			}
			n := int64(float64(max(b.Room(now), 0)) * rapid.Float64Range(0, 1).Draw(rt, "share"))
			b.Spend(now, int(n))
			sent += n
			if most := float64(perSecond)*(now-start).Seconds() + 1; float64(sent) > most {
				rt.Fatalf("%d bytes in %v at %d a second", sent, now-start, perSecond)
			}
			if room := b.Room(now); float64(room) > float64(perSecond)*kept.Seconds()+1 {
				rt.Fatalf("room for %d added up, with %d a second and %v", room, perSecond, kept)
			}
		}
	})
}

func TestWhatCouldNotWaitIsMadeUpFor(t *testing.T) {
	t.Parallel()
	b := NewBandwidth(1000, 0, 0)
	b.Spend(0, 5000)
	if room := b.Room(time.Second); room != -4000 {
		t.Errorf("room for %d after a second, want -4000", room)
	}
	if due := b.Due(time.Second).Round(time.Millisecond); due != 5256*time.Millisecond {
		t.Errorf("the next turn is due at %v, want 5.256s: the debt and 256 bytes", due)
	}
	if room := b.Room(time.Hour); room != 1000 {
		t.Errorf("room for %d after an hour, want that of a second", room)
	}
}
