package history_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"ticker/history"
)

// besieged is a spool that three processes left, of ten samples each, while the
// store was away: the first two days before the others.
func besieged(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for n := range 3 {
		r := record(t, history.RecorderConfig{
			Spool: dir, Store: &archive{before: away}, Book: &ledger{epoch: "epoch", sold: uint64(10 * n)},
		})
		r.book.sell(10)
		pass(time.Second)
		r.end()
	}
	files := segmentsIn(t, dir)
	info, err := os.Stat(files[2])
	if err != nil || len(files) != 3 {
		t.Fatalf("the spool holds %q, %v", files, err)
	}
	old := info.ModTime().Add(-48 * time.Hour)
	if err := os.Chtimes(files[0], old, old); err != nil {
		t.Fatal(err)
	}
	return dir
}

// hold sells a sample a minute.
func (r *recording) hold(minutes int) {
	for range minutes {
		r.book.sell(1)
		pass(time.Minute)
	}
}

func TestWhatTheStoreWouldHaveDroppedIsGivenUpAnHourAfterARestart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep time.Duration
		lost int
	}{"kept for ever": {0, 0}, "kept yet": {26 * time.Hour, 0}, "just dropped": {24 * time.Hour, 10}, "dropped": {time.Hour, 10}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := record(t, history.RecorderConfig{
					Spool: besieged(t), Store: &archive{before: away}, Book: &ledger{epoch: "epoch", sold: 30}, Keep: c.keep,
				})
				r.hold(59)
				r.expectResults(t, results{backlog: 89})
				r.hold(3)
				r.expectResults(t, results{lost: c.lost, backlog: 92 - c.lost})
				r.expectLines(t, "history samples are lost", c.lost/10)
				r.store.tell(func(a *archive) { a.before = nil })
				pass(time.Minute)
				r.expectResults(t, results{lost: c.lost, stored: 92 - c.lost})
				r.expectTaken(t, uint64(c.lost)+1, 92)
			})
		})
	}
}

func TestStoreThatIsThereWhenARestartIsGetsAllWhateverItsAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Spool: besieged(t), Book: &ledger{epoch: "epoch", sold: 30}, Keep: time.Nanosecond})
		r.hold(61)
		r.expectResults(t, results{stored: 91})
		r.expectTaken(t, 1, 91)
	})
}
