package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticker/history"
	"ticker/history/sqlite"
	"ticker/market"
)

// In the environment of a child process: the file that it appends to, and the
// number of its first batch.
const (
	childPath  = "TICKER_TEST_SQLITE_PATH"
	childFirst = "TICKER_TEST_SQLITE_FIRST"
)

// crashSymbols is the number of samples of one batch of the child.
const crashSymbols = 50

// crashBatch is batch n of the child, five minutes after the one before it, so
// that some are the first of a day.
func crashBatch(n int) *history.Batch {
	var symbols []market.Symbol
	for i := range crashSymbols {
		symbols = append(symbols, benchSymbol(i))
	}
	return batch(dayZero+int64(n)*300*benchSecond, uint64(n+1), symbols...)
}

// appendUntilKilled is the child: it says the number of each batch that Append
// returned for.
func appendUntilKilled(path string) int {
	first, err := strconv.Atoi(os.Getenv(childFirst))
	if err != nil {
		return 2
	}
	s, err := sqlite.New(sqlite.Config{Path: path})
	if err != nil {
		return 2
	}
	ctx := context.Background()
	if err := s.Open(ctx); err != nil {
		return 1
	}
	for n := first; ; n++ {
		if err := s.Append(ctx, crashBatch(n)); err != nil {
			return 1
		}
		if _, err := os.Stdout.WriteString(strconv.Itoa(n) + "\n"); err != nil {
			return 1
		}
	}
}

func child(ctx context.Context, path string, first int) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childPath+"="+path, fmt.Sprintf("%s=%d", childFirst, first))
	return cmd
}

func TestWhatAppendReturnedForSurvivesKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	written := 0
	for round := range 6 {
		acknowledged := written + killedAppends(t, path, written, round%2 == 0)
		written = wholeBatches(t, path)
		if written < acknowledged || written > acknowledged+1 {
			t.Fatalf("%d batches are there, %d were acknowledged", written, acknowledged)
		}
	}
}

// killedAppends runs a child and kills it at some moment, of its appending or of
// its whole life. It returns how many batches the child said it wrote.
func killedAppends(t *testing.T, path string, first int, appending bool) int {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	cmd := child(ctx, path, first)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !appending {
		time.AfterFunc(rand.N(200*time.Millisecond), kill)
	}
	lines := 0
	for scanner := bufio.NewScanner(out); scanner.Scan(); lines++ {
		if lines == 0 && appending {
			time.AfterFunc(rand.N(200*time.Millisecond), kill)
		}
	}
	if err := cmd.Wait(); ctx.Err() == nil {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return lines
}

// wholeBatches returns how many batches are in a file, after checking that each
// of them is whole, and that candles know the trades of each of them
// once.
func wholeBatches(t *testing.T, path string) int {
	t.Helper()
	s := newStore(t, path)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	counts := make(map[uint64]int)
	for _, sample := range held(t, s) {
		counts[sample.Seq]++
	}
	for seq, n := range counts {
		if n != crashSymbols || seq > uint64(len(counts)) {
			t.Fatalf("batch %d of %d has %d samples, want %d", seq, len(counts), n, crashSymbols)
		}
	}
	if len(counts) == 0 {
		return 0
	}
	const day = 24 * time.Hour
	for i := range 3 {
		candles, err := s.Candles(t.Context(), &history.CandlesQuery{
			Symbol: benchSymbol(i), Step: day, Span: history.Span{From: dayZero, To: dayZero + 10_000*day.Microseconds()},
		})
		if err != nil {
			t.Fatal(err)
		}
		trades := 0
		for _, c := range candles {
			trades += int(c.Trades)
		}
		if trades != len(counts) {
			t.Fatalf("%d trades in the candles of %d batches", trades, len(counts))
		}
	}
	return len(counts)
}

func TestFileHasOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	cmd := child(ctx, path, 0)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s := newStore(t, path)
	if err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one that names the file", err)
	}
	kill()
	if err := cmd.Wait(); !errors.Is(err, context.Canceled) && err == nil {
		t.Error("the child ended well")
	}
	if err := s.Open(t.Context()); err != nil {
		t.Errorf("after the other process was killed: %v", err)
	}
	closeStore(t, s)
}
