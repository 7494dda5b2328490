package history_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ticker/history"
)

// scene is one thing that happens to a recording.
type scene struct {
	sell    int
	mood    string
	restart bool // the process is killed, and the next one begins
	last    time.Duration
}

// moods are what a store may be like for a while.
func moods() []string {
	return []string{"well", "well", "away", "stalled", "slow", "very slow", "answer lost", "shut", "fickle"}
}

// play puts a store into a mood.
func (a *archive) play(mood string) {
	calls := 0
	fickle := func(context.Context) error {
		if calls++; calls%2 == 0 {
			return errAway
		}
		return nil
	}
	a.tell(func(a *archive) {
		a.open, a.before, a.after = nil, nil, nil
		switch mood {
		case "away":
			a.before = away
		case "stalled":
			a.before = stalled
		case "slow":
			a.before = slow(300 * time.Millisecond)
		case "very slow":
			a.before = slow(900 * time.Millisecond)
		case "answer lost":
			a.after = away
		case "shut":
			a.open, a.before = away, away
		case "fickle":
			a.before, a.after = fickle, fickle
		}
	})
}

func drawScenes(t *rapid.T) []scene {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) scene {
		return scene{
			sell: rapid.SampledFrom([]int{0, 1, 10, 10, 300, 6000}).Draw(t, "sell"), mood: rapid.SampledFrom(moods()).Draw(t, "mood"),
			restart: rapid.IntRange(0, 9).Draw(t, "restart") == 0,
			last:    time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond,
		}
	}), 1, 25).Draw(t, "scenes")
}

func TestWhateverTheStoreDoesEverySampleIsStoredOnceAndInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		scenes, complaint := drawScenes(rt), ""
		synctest.Test(t, func(t *testing.T) { complaint = perform(t, scenes) })
		if complaint != "" {
			rt.Fatal(complaint)
		}
	})
}

// perform plays scenes, and returns what is wrong in the end.
func perform(t *testing.T, scenes []scene) string {
	t.Helper()
	r := record(t, history.RecorderConfig{CallTimeout: 2 * time.Second})
	start := 0 // what the spool held when the process began
	sold := 0  // before it began
	for _, s := range scenes {
		r.store.play(s.mood)
		r.book.sell(s.sell)
		pass(s.last)
		if missing := r.missing(); missing > 0 {
			return fmt.Sprintf("of those before %d the store has not %d", r.StoredTo(), missing)
		}
		if s.restart {
			pass(2 * time.Second) // what was due is safe now
			sold = int(r.book.sold)
			r = afterKill(t, r)
			start = r.results(t).backlog + r.results(t).stored
		}
	}
	pass(60 * time.Millisecond)
	if got := r.results(t); got.stored+got.backlog != int(r.book.sold)-sold+start || got.lost+got.refused != 0 {
		return fmt.Sprintf("of %d samples and %d before them results are %+v", int(r.book.sold)-sold, start, got)
	}
	r.store.play("well")
	pass(time.Minute)
	got := r.store.seqs()
	if len(got) != int(r.book.sold) || !slices.IsSorted(got) {
		return fmt.Sprintf("the store has %d of %d samples, sorted %t", len(got), r.book.sold, slices.IsSorted(got))
	}
	if to := r.StoredTo(); to != int64(r.book.sold)+1 {
		return fmt.Sprintf("in the end the store has everything before %d of %d", to, r.book.sold)
	}
	if now := r.results(t); now.backlog != 0 || len(segmentsIn(t, r.dir)) != 0 {
		return fmt.Sprintf("in the end results are %+v, the spool holds %q", now, segmentsIn(t, r.dir))
	}
	return ""
}

// missing counts the samples that the store has not, though nothing that was accepted
// then waits any more.
func (r *recording) missing() int {
	to, taken := uint64(max(r.StoredTo(), 1)), r.store.seqs() // each once
	missing := int(to) - 1
	for _, seq := range taken {
		if seq < to {
			missing--
		}
	}
	return missing
}

// afterKill lets the next process go on with what a kill leaves behind. The
// killed one cannot be killed here: it goes on with a copy of the book, and for
// a store that takes nothing.
func afterKill(t *testing.T, r *recording) *recording {
	t.Helper()
	dir := copyOf(t, r.dir)
	r.store.tell(func(a *archive) { a.open, a.before = away, away })
	r.end()
	store := &archive{rows: r.store.rows, taken: r.store.taken}
	next := record(t, history.RecorderConfig{
		Spool: dir, Store: store, Book: &ledger{epoch: r.book.epoch, sold: r.book.sold}, CallTimeout: 2 * time.Second,
	})
	synctest.Wait()
	return next
}
