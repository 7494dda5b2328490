package history_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"ticker/history"
	"ticker/market"
)

// victimEnv holds the directory that a process of this test is to record into
// until it is killed.
const victimEnv = "TICKER_TEST_VICTIM"

// printer is a book that prints the sequence of every sample that becomes due.
type printer struct{ ledger }

func (p *printer) Samples(dst []market.Sample, all bool) []market.Sample {
	p.sell(100)
	_, _ = fmt.Fprintln(os.Stdout, p.sold) // until nobody listens
	return p.ledger.Samples(dst, all)
}

// recordUntilKilled records into a spool, for a store that is away.
func recordUntilKilled(dir string) {
	book := &printer{ledger{epoch: strconv.Itoa(os.Getpid())}}
	r, err := history.NewRecorder(history.RecorderConfig{Store: &archive{before: stalled}, Book: book, Spool: dir})
	if err == nil {
		err = r.Run(context.Background())
	}
	fmt.Fprintln(os.Stderr, "the victim ended:", err)
	os.Exit(1)
}

// kill starts a process that records into dir, kills it after a number of its
// polls, and returns the epoch and what was due two seconds before its end.
func kill(t *testing.T, dir string, polls int) (epoch string, due uint64) {
	t.Helper()
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), victimEnv+"="+dir)
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	type line struct {
		sold uint64
		at   time.Time
	}
	var printed []line
	for in := bufio.NewScanner(out); len(printed) < polls && in.Scan(); {
		sold, err := strconv.ParseUint(in.Text(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		printed = append(printed, line{sold, time.Now()})
	}
	killed := time.Now()
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed, and says so
	for _, l := range printed {
		if killed.Sub(l.at) > 2*time.Second {
			due = l.sold
		}
	}
	return strconv.Itoa(victim.Process.Pid), due
}

func TestWhatWasDueTwoSecondsBeforeAKillIsStoredByTheNextProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	due := make(map[string]uint64)
	for _, polls := range []int{43, 49, 56} {
		epoch, n := kill(t, dir, polls)
		if n == 0 {
			t.Fatal("nothing was due for two seconds")
		}
		due[epoch] = n
	}
	next := record(t, history.RecorderConfig{Spool: dir, Book: &ledger{epoch: "next"}})
	<-next.Opened()
	next.end() // which gives the store what there is
	next.expectResults(t, results{stored: len(next.store.taken)})
	for epoch, n := range due {
		for seq := range n {
			if key := (row{epoch, "SYM", int64(seq + 1), seq + 1}); !next.store.rows[key] {
				t.Fatalf("sample %d of %d of epoch %s is lost", seq+1, n, epoch)
			}
		}
	}
	if len(next.store.rows) != len(next.store.taken) || !slices.Equal(segmentsIn(t, dir), nil) {
		t.Errorf("%d rows, %d were taken; the spool holds %q", len(next.store.rows), len(next.store.taken), segmentsIn(t, dir))
	}
}
