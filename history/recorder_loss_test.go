package history_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
)

// blocked is a directory that cannot be made, until it is unblocked.
func blocked(t *testing.T) (dir string, unblock func()) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, func() {
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithoutASpoolMemoryIsBoundedAndTheOldestAreLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, unblock := blocked(t)
		r := record(t, history.RecorderConfig{Store: &archive{before: away}, Spool: dir})
		const second, most = 20_000, 17*5000 + 20_000 // one poll may go over the bound
		for range 10 {
			r.book.sell(second)
			pass(time.Second)
			if got := r.results(t); got.backlog > most || got.lost+got.backlog != int(r.book.sold) {
				t.Fatalf("after %d samples results are %+v", r.book.sold, got)
			}
		}
		lost := r.results(t).lost
		if lost == 0 {
			t.Error("nothing was lost")
		}
		r.expectLines(t, "history spool is in trouble", 1)
		unblock()
		pass(5 * time.Second)
		r.book.sell(second)
		pass(5 * time.Second)
		r.expectLines(t, "history spool is out of trouble", 1)
		if len(segmentsIn(t, dir)) == 0 {
			t.Error("the spool is not used")
		}
		r.store.tell(func(a *archive) { a.before = nil })
		pass(30 * time.Second)
		r.expectLines(t, "history samples are lost", 1)
		r.expectResults(t, results{stored: int(r.book.sold) - lost, lost: lost})
		r.expectTaken(t, uint64(lost)+1, r.book.sold)
	})
}

func TestAStoreThatWorksNeedsNoSpool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, _ := blocked(t)
		r := record(t, history.RecorderConfig{Spool: dir})
		for range 3 {
			r.book.sell(100_000) // more than memory holds
			pass(time.Second)
		}
		r.expectResults(t, results{stored: 300_000})
		r.expectTaken(t, 1, 300_000)
	})
}

func TestSpoolThatOpensLateIsDrainedAndDoublesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old := record(t, history.RecorderConfig{Store: &archive{before: away}})
		for range 3 {
			old.book.sell(5)
			pass(time.Second)
		}
		old.end()
		dir, unblock := blocked(t)
		r := record(t, history.RecorderConfig{Spool: dir, Store: &archive{before: slow(5 * time.Second)}, Book: &ledger{epoch: "new"}})
		r.book.sell(5)
		pass(2 * time.Second)
		unblock()
		if err := os.CopyFS(dir, os.DirFS(old.dir)); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		r.expectResults(t, results{stored: 20})
		if got := len(r.store.seqs()); got != 20 {
			t.Errorf("the store has %d samples", got)
		}
	})
}

func TestSpoolAtItsBoundLosesTheOldestAndCountsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{before: slow(3 * time.Second)}, SpoolBytes: 20_000})
		for range 200 {
			r.book.sell(50)
			pass(200 * time.Millisecond)
			if got := r.metric(t, "spool_bytes", ""); got > 20_000 {
				t.Fatalf("the spool holds %d bytes", got)
			}
			if got := r.results(t); got.stored+got.lost+got.backlog != int(r.book.sold) {
				// The book may hold what is not collected yet.
				pass(60 * time.Millisecond)
				if got = r.results(t); got.stored+got.lost+got.backlog != int(r.book.sold) {
					t.Fatalf("of %d samples results are %+v", r.book.sold, got)
				}
			}
		}
		pass(3 * time.Minute)
		got := r.results(t)
		if got.lost == 0 || got.backlog != 0 || got.stored+got.lost != 10_000 {
			t.Errorf("results are %+v", got)
		}
		// A batch that was dropped while the store had it counts as lost.
		if taken := r.store.seqs(); len(taken) < got.stored || taken[len(taken)-1] != 10_000 {
			t.Errorf("the store has %d samples, %d are counted", len(taken), got.stored)
		}
	})
}

func TestWhatTheBookCouldNotKeepCountsAsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Book: &ledger{epoch: "e", lost: 5}})
		r.book.sell(1)
		pass(time.Second)
		r.book.mu.Lock()
		r.book.lost = 12
		r.book.mu.Unlock()
		pass(time.Minute)
		r.expectResults(t, results{stored: 1, lost: 12})
		r.expectLines(t, "history samples are lost", 1)
	})
}

func TestSampleThatTheStoreRefusesIsSetAsideAndTheOthersAreStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		r.book.sell(700)
		r.book.sellOf(poison)
		r.book.sell(300)
		r.book.sellOf(poison)
		pass(time.Minute)
		r.expectResults(t, results{stored: 1000, refused: 2})
		r.expectLines(t, "history store refuses samples", 1)
		if got := len(r.store.seqs()); got != 1000 {
			t.Errorf("the store has %d samples", got)
		}
		want := []string{
			`{"symbol":"POISON","seq":701,"recv":701,"epoch":"epoch","ts":701,"source":"test","status":"live","values":{"last":7.01},` +
				`"bar":{"open":7.01,"high":7.01,"low":7.01,"close":7.01,"trades":1,"volume":1}}`,
			`{"symbol":"POISON","seq":1002,"recv":1002,"epoch":"epoch","ts":1002,"source":"test","status":"live","values":{"last":10.02},` +
				`"bar":{"open":10.02,"high":10.02,"low":10.02,"close":10.02,"trades":1,"volume":1}}`,
		}
		if diff := cmp.Diff(want, linesOf(t, filepath.Join(r.dir, "refused.jsonl"))); diff != "" {
			t.Errorf("refused samples (-want +got):\n%s", diff)
		}
	})
}

func linesOf(t *testing.T, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var got []string
	for in := bufio.NewScanner(file); in.Scan(); {
		if !json.Valid(in.Bytes()) {
			t.Errorf("no JSON: %s", in.Text())
		}
		got = append(got, in.Text())
	}
	return got
}

func TestRefusalsAreCountedOnceWhenTheStoreFailsBetweenThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := record(t, history.RecorderConfig{Store: &archive{before: func(context.Context) error {
			if calls++; calls%5 == 0 && calls < 40 {
				return errAway
			}
			return nil
		}}})
		for range 8 {
			r.book.sellOf(poison)
			r.book.sell(1)
		}
		pass(time.Minute)
		r.expectResults(t, results{stored: 8, refused: 8})
		if got := linesOf(t, filepath.Join(r.dir, "refused.jsonl")); len(got) != 8 {
			t.Errorf("%d samples were set aside", len(got))
		}
	})
}

func TestFileOfRefusedSamplesIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		path := filepath.Join(r.dir, "refused.jsonl")
		if err := os.WriteFile(path, []byte(strings.Repeat("x", 8<<20-100)), 0o600); err != nil {
			t.Fatal(err)
		}
		r.book.sellOf(poison)
		pass(time.Second)
		old, err := os.Stat(path + ".old")
		if got := linesOf(t, path); len(got) != 1 || err != nil || old.Size() != 8<<20-100 {
			t.Errorf("the file has %d lines, the one before it %v, %v", len(got), old, err)
		}
	})
}

func TestRefusedSampleThatCannotBeSetAsideHoldsUpNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, _ := blocked(t)
		r := record(t, history.RecorderConfig{Spool: dir})
		for range 3 {
			r.book.sellOf(poison)
			r.book.sell(1)
			pass(time.Second)
		}
		r.expectResults(t, results{stored: 3, refused: 3})
		r.expectLines(t, "refused samples cannot be set aside", 1)
	})
}

func TestBatchOfTheSpoolThatCannotBeReadIsCountedAndPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		fillSpool(t, dir, "no batch", 7)
		r := record(t, history.RecorderConfig{Spool: dir})
		r.book.sell(3)
		pass(time.Second)
		r.expectResults(t, results{stored: 3, lost: 7})
		r.expectLines(t, "history spool holds a batch that cannot be read", 1)
	})
}

func TestEndGivesTheStoreWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		r.book.sell(10)
		r.book.running = append(r.book.running, sampleOf("SYM", 11), sampleOf("SYM", 12))
		pass(50*time.Millisecond + time.Nanosecond)
		began := time.Now()
		r.end()
		if took := time.Since(began); took != 0 {
			t.Errorf("the end took %v", took)
		}
		r.expectTaken(t, 1, 12)
		r.expectResults(t, results{stored: 12})
		r.expectLines(t, "history recorder has ended", 1)
		if len(segmentsIn(t, r.dir)) != 0 {
			t.Error("the spool was used")
		}
	})
}

func TestEndTakesNoLongerThanItMayAndSpoolsTheRest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		store *archive
		took  time.Duration
	}{
		"stalled": {&archive{before: stalled}, 2 * time.Second},
		"slow":    {&archive{before: slow(900 * time.Millisecond)}, 2 * time.Second},
		"away":    {&archive{before: away}, 0},
		"shut":    {&archive{open: away}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := record(t, history.RecorderConfig{Store: c.store, FlushTimeout: 2 * time.Second})
				r.book.sell(50_000)
				pass(100 * time.Millisecond)
				began := time.Now()
				r.end()
				if took := time.Since(began); took != c.took {
					t.Errorf("the end took %v, want %v", took, c.took)
				}
				got := r.results(t)
				if got.backlog == 0 || got.stored+got.backlog != 50_000 || got.lost != 0 {
					t.Errorf("results are %+v", got)
				}
				r.expectLines(t, fmt.Sprintf(`level=INFO msg="history recorder has ended" unsaved_rows=0 spooled_rows=%d`, got.backlog), 1)
				next := record(t, history.RecorderConfig{Spool: r.dir, Book: &ledger{epoch: "next"}})
				next.end()
				// What the store has of a segment that is not done comes again.
				next.expectTaken(t, 50_001-uint64(len(next.store.taken)), 50_000)
				if len(next.store.taken) < got.backlog {
					t.Errorf("%d samples were left, %d were found", got.backlog, len(next.store.taken))
				}
			})
		})
	}
}

func TestWhatCannotBeSavedInTheEndIsCountedInTheLastLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, _ := blocked(t)
		r := record(t, history.RecorderConfig{Store: &archive{before: away}, Spool: dir, FlushTimeout: 2 * time.Second})
		r.book.sell(10)
		pass(time.Second)
		began := time.Now()
		r.end()
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("the store had %v, want 2s", took)
		}
		r.expectResults(t, results{lost: 10})
		r.expectLines(t, `level=ERROR msg="history recorder has ended" unsaved_rows=10 spooled_rows=0`, 1)
	})
}
