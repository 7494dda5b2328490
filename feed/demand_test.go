package feed_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ticker/feed"
)

func watched(d *feed.Demand) string {
	entries, _ := d.Watched()
	slices.Sort(entries)
	return strings.Join(entries, " ")
}

func TestTheFirstWatcherAndTheLastChangeWhatIsWatched(t *testing.T) {
	t.Parallel()
	var d feed.Demand
	_, changed := d.Watched()
	for _, step := range []struct {
		do      func(string)
		entry   string
		want    string
		changes bool
	}{
		{d.Watch, "A", "A", true},
		{d.Watch, "A", "A", false},
		{d.Watch, "B*", "A B*", true},
		{d.Leave, "A", "A B*", false},
		{d.Leave, "A", "B*", true},
		{d.Leave, "B*", "", true},
	} {
		step.do(step.entry)
		told := false
		select {
		case <-changed:
			told = true
		default:
		}
		if got := watched(&d); got != step.want || told != step.changes {
			t.Errorf("%s: watched %q and told %t, want %q and %t", step.entry, got, told, step.want, step.changes)
		}
		_, changed = d.Watched()
	}
}

func TestWatchersAreCountedLikeAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var d feed.Demand
		model := make(map[string]int)
		for range rapid.IntRange(0, 50).Draw(t, "steps") {
			entry := rapid.SampledFrom([]string{"A", "B", "C*"}).Draw(t, "entry")
			if model[entry] > 0 && rapid.Bool().Draw(t, "leaves") {
				d.Leave(entry)
				model[entry]--
			} else {
				d.Watch(entry)
				model[entry]++
			}
		}
		entries, _ := d.Watched()
		for entry, n := range model {
			if slices.Contains(entries, entry) != (n > 0) {
				t.Fatalf("%s has %d watchers, and these are watched: %v", entry, n, entries)
			}
		}
	})
}

func TestWatchersOnManyGoroutinesAreAllCounted(t *testing.T) {
	t.Parallel()
	var d feed.Demand
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for range 1000 {
				d.Watch("A")
				d.Watched()
				d.Leave("A")
			}
			d.Watch("A")
		})
	}
	crowd.Wait()
	for range 8 {
		if got := watched(&d); got != "A" {
			t.Fatalf("watched %q", got)
		}
		d.Leave("A")
	}
	if got := watched(&d); got != "" {
		t.Errorf("watched %q", got)
	}
}
