package history_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticker/history"
)

func TestSamplesReachAStoreThatWorksInOrderAndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		total := 0
		for _, n := range []int{1, 7, 12_345, 5000, 1} {
			r.book.sell(n)
			pass(time.Second)
			total += n
			r.expectResults(t, results{stored: total})
		}
		r.expectTaken(t, 1, uint64(total))
		if most := slices.Max(r.store.batches); most != 5000 {
			t.Errorf("the largest batch has %d samples", most)
		}
		if files := segmentsIn(t, r.dir); len(files) != 0 {
			t.Errorf("the spool was used: %q", files)
		}
		if r.Trouble() != "" || r.metric(t, "store_up", "") != 1 {
			t.Errorf("trouble is %q", r.Trouble())
		}
	})
}

func segmentsIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSamplesAreStored200MillisecondsAfterTheyWereDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		for offset := range 20 {
			pass(time.Second + time.Duration(offset)*7*time.Millisecond)
			r.book.sell(3)
			pass(200*time.Millisecond + time.Nanosecond)
			synctest.Wait()
			r.expectTaken(t, 1, uint64(3*(offset+1)))
		}
		if got := len(r.store.batches); got != 20 {
			t.Errorf("%d batches, want 20", got)
		}
	})
}

func TestStoreThatIsAwayIsTriedAgainAndLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		r.book.sell(10)
		pass(time.Second)
		r.store.tell(func(a *archive) { a.before = away })
		for range 150 {
			r.book.sell(10)
			pass(time.Second)
		}
		if !strings.Contains(r.Trouble(), "away") || r.metric(t, "store_up", "") != 0 {
			t.Errorf("trouble is %q", r.Trouble())
		}
		r.expectResults(t, results{stored: 10, backlog: 1500})
		r.expectLines(t, "history store is unreachable", 1)
		r.expectLines(t, "history store is still unreachable", 4)
		opens := r.store.opens
		r.store.tell(func(a *archive) { a.before = nil })
		pass(15 * time.Second)
		r.expectResults(t, results{stored: 1510})
		r.expectTaken(t, 1, 1510)
		r.expectLines(t, "history store is back", 1)
		if opens < 15 || r.store.opens == opens {
			t.Errorf("the store was opened %d times, %d at the end of the outage", r.store.opens, opens)
		}
		if r.Trouble() != "" || r.metric(t, "store_up", "") != 1 || len(segmentsIn(t, r.dir)) != 0 {
			t.Errorf("trouble is %q, the spool holds %q", r.Trouble(), segmentsIn(t, r.dir))
		}
	})
}

func TestStoreThatCannotBeOpenedIsOpenedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{open: away}})
		<-r.Tried()
		pass(time.Minute)
		select {
		case <-r.Opened():
			t.Error("the store is said to be open")
		default:
		}
		if !strings.Contains(r.Trouble(), "away") {
			t.Errorf("trouble is %q", r.Trouble())
		}
		r.store.tell(func(a *archive) { a.open = nil })
		<-r.Opened()
		pass(time.Second)
		if r.Trouble() != "" {
			t.Errorf("trouble is %q", r.Trouble())
		}
		r.expectLines(t, "history store is back", 1)
	})
}

func TestStoreThatOpensAndTakesNothingStaysInTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{before: away}})
		r.book.sell(1)
		pass(time.Second)
		for range 600 {
			pass(100 * time.Millisecond)
			if r.Trouble() == "" {
				t.Fatal("no trouble")
			}
		}
		r.expectLines(t, "history store is unreachable", 1)
		r.expectLines(t, "history store is back", 0)
	})
}

func TestCollectingGoesOnWhileTheStoreStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{})
		r.book.sell(1)
		pass(time.Second)
		r.store.tell(func(a *archive) { a.before = slow(5 * time.Second) })
		for range 50 {
			r.book.sell(20)
			pass(100 * time.Millisecond)
		}
		polls := r.book.polled()
		for i := 1; i < len(polls); i++ {
			if gap := polls[i].Sub(polls[i-1]); gap != 50*time.Millisecond {
				t.Fatalf("the book was left alone for %v", gap)
			}
		}
		r.store.tell(func(a *archive) { a.before = nil })
		pass(6 * time.Second)
		r.expectTaken(t, 1, 1001)
		r.expectResults(t, results{stored: 1001})
		r.expectLines(t, "unreachable", 0)
	})
}

func TestBatchThatTheStoreTookAfterItWasSpooledIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{before: slow(time.Second)}})
		for range 20 {
			r.book.sell(5)
			pass(200 * time.Millisecond)
		}
		pass(30 * time.Second)
		r.expectTaken(t, 1, 100)
		r.expectResults(t, results{stored: 100})
		given := 0
		for _, n := range r.store.batches {
			given += n
		}
		if given != 100 || len(segmentsIn(t, r.dir)) != 0 {
			t.Errorf("%d samples were given, the spool holds %q", given, segmentsIn(t, r.dir))
		}
	})
}

func TestAnswerThatGotLostDoublesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{after: away}})
		for range 30 {
			r.book.sell(5)
			pass(200 * time.Millisecond)
		}
		r.store.tell(func(a *archive) { a.after = nil })
		pass(15 * time.Second)
		r.expectTaken(t, 1, 150)
		r.expectResults(t, results{stored: 150})
	})
}

func TestCallThatTakesTooLongIsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{before: stalled}, CallTimeout: 3 * time.Second})
		r.book.sell(5)
		pass(3*time.Second + 100*time.Millisecond)
		if r.Trouble() != "" {
			t.Errorf("after 3 s trouble is %q", r.Trouble())
		}
		pass(time.Second)
		if !strings.Contains(r.Trouble(), context.DeadlineExceeded.Error()) {
			t.Errorf("after 4 s trouble is %q", r.Trouble())
		}
	})
}

// copyOf copies a directory as a process leaves it that is killed now.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestWhatWasDueTwoSecondsAgoIsSafeWhateverTheStoreDoes(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]*archive{
		"away": {before: away}, "never opened": {open: stalled}, "stalled": {before: stalled}, "slow": {before: slow(700 * time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := record(t, history.RecorderConfig{Store: store})
				var due []uint64 // the oldest is two seconds old when there are eight
				for range 40 {
					r.book.sell(3)
					due = append(due, r.book.sold)
					if len(due) > 8 {
						due = due[1:]
					}
					pass(250*time.Millisecond + time.Nanosecond)
					if len(due) == 8 {
						expectSafe(t, r, due[0])
					}
				}
			})
		})
	}
}

// expectSafe says that samples up to a sequence are there after a kill, in the
// store or for the next process.
func expectSafe(t *testing.T, r *recording, last uint64) {
	t.Helper()
	next := record(t, history.RecorderConfig{Spool: copyOf(t, r.dir), Book: &ledger{epoch: "next"}})
	<-next.Opened()
	synctest.Wait()
	next.end()
	got := append(r.store.seqs(), next.store.seqs()...)
	slices.Sort(got)
	got = slices.Compact(got)
	if len(got) < int(last) || got[last-1] != last {
		t.Fatalf("%d samples are safe, %d were due", len(got), last)
	}
}

func TestWhatAnEarlierProcessLeftIsStoredFirstUnderItsEpoch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old := record(t, history.RecorderConfig{Store: &archive{before: away}})
		old.book.sell(12_000)
		pass(5 * time.Second)
		old.end()
		old.expectResults(t, results{backlog: 12_000})
		next := record(t, history.RecorderConfig{Spool: old.dir, Book: &ledger{epoch: "next", sold: 12_000}})
		next.book.sell(10)
		pass(5 * time.Second)
		next.expectTaken(t, 1, 12_010)
		next.expectResults(t, results{stored: 12_010})
		if !next.store.rows[row{"epoch", "SYM", 12_000, 12_000}] || !next.store.rows[row{"next", "SYM", 12_001, 12_001}] {
			t.Error("samples are not under the epoch that they were taken in")
		}
	})
}
