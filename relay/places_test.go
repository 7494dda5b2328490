package relay

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestPlacesAreThoseOfTheModel holds the ring against a list of all ticks.
func TestPlacesAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, all := NewPlaces("e"), []place(nil)
		newest := place{tick: tickOf(1, 0)}
		for range rapid.IntRange(0, 60).Draw(rt, "ticks") {
			newest.tick += rapid.SampledFrom([]uint64{0, 1, 1, 2, 1 << tickBits}).Draw(rt, "tick")
			newest.least = newest.most + rapid.SampledFrom([]uint64{0, 0, 0, 3}).Draw(rt, "least")
			newest.most = newest.least + rapid.SampledFrom([]uint64{0, 0, 0, 2}).Draw(rt, "most")
			p.Note(newest.tick, newest.least, newest.most)
			if len(all) == 0 || newest.tick > all[len(all)-1].tick {
				all = append(all, newest)
			} else {
				newest = all[len(all)-1]
			}
		}
		for range 20 {
			stamp := rapid.Uint64Range(0, newest.most+1).Draw(rt, "stamp")
			if got, want := p.Outward(stamp), outwardOf(all, stamp); got != want {
				rt.Fatalf("Outward(%d) = %x, want %x of %v", stamp, got, want, all)
			}
			tick := newest.tick + 2 - rapid.Uint64Range(0, 10).Draw(rt, "back")
			if got, want := p.Inward(tick), inwardOf(all, tick); got != want {
				rt.Fatalf("Inward(%x) = %d, want %d of %v", tick, got, want, all)
			}
		}
	})
}

func outwardOf(all []place, stamp uint64) (tick uint64) {
	for _, e := range all {
		if e.most <= stamp {
			tick = e.tick
		}
	}
	return tick
}

func inwardOf(all []place, tick uint64) (stamp uint64) {
	for i, e := range all {
		if e.tick > tick {
			continue
		}
		stamp = e.least
		if e.tick != tick && i+1 < len(all) && termOf(all[i+1].tick) != termOf(tick) {
			stamp = 0
		}
	}
	return stamp
}

func TestPlacesAreBounded(t *testing.T) {
	t.Parallel()
	p := NewPlaces("e")
	const more = 100
	for i := range uint64(maxPlaces + more) {
		p.Note(i+1, 10*i, 10*i)
	}
	if len(p.ring) != maxPlaces {
		t.Errorf("%d places are kept", len(p.ring))
	}
	for tick, want := range map[uint64]uint64{1: 0, more: 0, more + 1: 10 * more, maxPlaces: 10 * (maxPlaces - 1)} {
		if got := p.Inward(tick); got != want {
			t.Errorf("Inward(%d) = %d, want %d", tick, got, want)
		}
	}
	if got := p.Outward(10*maxPlaces + 5); got != maxPlaces+1 {
		t.Errorf("Outward = %d", got)
	}
}

func TestAQuietSpellTakesTwoPlaces(t *testing.T) {
	t.Parallel()
	p := NewPlaces("e")
	for i := range uint64(1000) {
		p.Note(i+1, 7, 7)
	}
	p.Note(1001, 8, 8)
	if got := fmt.Sprint(p.ring, p.Outward(7), p.Inward(500)); got != "[{1 7 7} {1000 7 7} {1001 8 8}] 1000 7" {
		t.Errorf("places: %s", got)
	}
}

func TestWhileSymbolsAreLoadedCursorsStandBeforeEverything(t *testing.T) {
	t.Parallel()
	p := NewPlaces("e")
	p.Note(1, 5, 5)
	p.Hold()
	if got := p.Outward(5); got != 0 {
		t.Errorf("held, Outward = %d", got)
	}
	if got := p.Inward(1); got != 5 {
		t.Errorf("held, Inward = %d", got)
	}
	if p.Note(2, 9, 9); p.Outward(9) != 2 {
		t.Errorf("after a tick, Outward = %d", p.Outward(9))
	}
	if p.Reset("f"); p.Epoch() != "f" || p.Outward(9) != 0 || p.Inward(2) != 0 {
		t.Error("another epoch knows the places of the one before")
	}
}

// BenchmarkOutward watches what a cursor costs with a full ring.
func BenchmarkOutward(b *testing.B) {
	p := NewPlaces("e")
	for i := range uint64(maxPlaces) {
		p.Note(i+1, i, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Outward(maxPlaces - 3)
	}
}
