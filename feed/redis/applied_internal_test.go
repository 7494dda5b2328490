package redis

import (
	"testing"

	"pgregory.net/rapid"
)

func TestAnEntryIsNewOnceWithinTheWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const window = 8
		a := newApplied(window)
		var order []entryID // of what was new, the slow and obvious way
		for range rapid.IntRange(0, 100).Draw(t, "entries") {
			id := entryID{rapid.Uint64Range(0, 3).Draw(t, "ms"), rapid.Uint64Range(0, 5).Draw(t, "n")}
			want := true
			for _, known := range order[max(0, len(order)-window):] {
				want = want && known != id
			}
			if got := a.add(id); got != want {
				t.Fatalf("%s is new: %t, want %t", id, got, want)
			}
			if want {
				order = append(order, id)
			}
		}
		if len(a.known) > window {
			t.Fatalf("%d IDs are remembered", len(a.known))
		}
	})
}

func TestIDsAreInTheOrderOfTimeAndNumber(t *testing.T) {
	t.Parallel()
	ids := []entryID{{0, 0}, {0, 1}, {1, 0}, {1, 2}, {2, 1}}
	for i, id := range ids {
		for j, other := range ids {
			if got, want := id.after(other), i > j; got != want {
				t.Errorf("%s after %s: %t", id, other, got)
			}
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"0", "0-0", "1763740800000-7", "18446744073709551615-18446744073709551615", "-1", "1-", "1-2-3", "+1", "", "$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseID(text)
		if err != nil {
			return
		}
		again, err := parseID(id.String())
		if err != nil || again != id {
			t.Errorf("%q is %v, and that %v: %v", text, id, again, err)
		}
	})
}

func TestRememberingAnEntryAllocatesNothing(t *testing.T) {
	a := newApplied(64)
	var id entryID
	for range 1000 {
		id.n++
		a.add(id)
	}
	if n := testing.AllocsPerRun(1000, func() {
		id.n++
		a.add(id)
	}); n != 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

// Watches what it costs to remember an entry, beside reading it.
func BenchmarkRemember(b *testing.B) {
	b.ReportAllocs()
	a := newApplied(rememberedEntries)
	var id entryID
	for b.Loop() {
		id.n++
		a.add(id)
	}
}
