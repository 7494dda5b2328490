package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticker/history"
	"ticker/history/historytest"
	"ticker/history/sqlite"
	"ticker/market"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		os.Exit(appendUntilKilled(path))
	}
	goleak.VerifyTestMain(m)
}

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	historytest.Run(t, func(t *testing.T) func() history.Store {
		t.Helper()
		path := filepath.Join(t.TempDir(), "data", "history.db")
		return func() history.Store { return newStore(t, path) }
	})
}

func newStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.New(sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openStore opens a store until the test ends.
func openStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s := newStore(t, path)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t *testing.T, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// dayZero begins a day, and minutes and hours with it.
const dayZero = int64(20_000 * 24 * time.Hour / time.Microsecond)

// batch is one trade of each of some symbols, at one moment.
func batch(recv int64, seq uint64, symbols ...market.Symbol) *history.Batch {
	b := &history.Batch{Epoch: "e1"}
	for _, symbol := range symbols {
		s := market.Sample{Quote: market.Quote{Symbol: symbol, Seq: seq, Recv: recv, Source: "sim", Known: market.Fields(0).With(market.Last)}}
		s.Values[market.Last] = market.NewDecimal(int64(seq), 2)
		s.Bar.Trade(s.Values[market.Last], market.NewDecimal(1, 0))
		b.Samples = append(b.Samples, s)
	}
	return b
}

func mustAppend(t *testing.T, s *sqlite.Store, b *history.Batch) {
	t.Helper()
	if err := s.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// held returns all samples of a store.
func held(t *testing.T, s *sqlite.Store) []market.Sample {
	t.Helper()
	all, err := market.ParsePattern("*")
	if err != nil {
		t.Fatal(err)
	}
	span := history.Span{From: math.MinInt64, To: math.MaxInt64}
	samples, err := s.Between(t.Context(), []market.Pattern{all}, span, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

func TestStoreNeedsAPath(t *testing.T) {
	t.Parallel()
	if _, err := sqlite.New(sqlite.Config{}); err == nil {
		t.Error("a store without a path is made")
	}
}

func TestNewTouchesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	closeStore(t, newStore(t, filepath.Join(dir, "history.db")))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is there: %v", err)
	}
}

func TestStoreThatIsNotOpenAnswersWithAnError(t *testing.T) {
	t.Parallel()
	s := newStore(t, filepath.Join(t.TempDir(), "history.db"))
	if err := s.Append(t.Context(), batch(dayZero, 1, "A")); err == nil {
		t.Error("it takes a batch")
	}
	if _, err := s.AsOf(t.Context(), nil, 0, 1); err == nil {
		t.Error("it answers")
	}
}

func TestPathMayHaveAnyCharacters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%20&e", "history 'x'.db")
	mustAppend(t, openStore(t, path), batch(dayZero, 1, "A"))
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestFileHasOneStoreAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	first := newStore(t, path)
	if err := first.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := newStore(t, path)
	if err := second.Open(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error of the second is %v, want one that names the file", err)
	}
	mustAppend(t, first, batch(dayZero, 1, "A"))
	closeStore(t, first)
	if err := second.Open(t.Context()); err != nil {
		t.Errorf("after the first closed: %v", err)
	}
	closeStore(t, second)
}

func TestOpenLeavesAnOpenStoreAlone(t *testing.T) {
	t.Parallel()
	s := openStore(t, filepath.Join(t.TempDir(), "history.db"))
	mustAppend(t, s, batch(dayZero, 1, "A"))
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(held(t, s)); n != 1 {
		t.Errorf("%d samples, want 1", n)
	}
}

// prepared makes a database by hand.
func prepared(t *testing.T, statements string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	execute(t, path, statements)
	return path
}

// execute opens a file beside the store, as a person would.
func execute(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// look reads one number from a file beside the store, as a person would.
func look(t *testing.T, path, query string) int64 {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFilesThatAreNotOursAreRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ statements, want string }{
		"a newer version": {"PRAGMA application_id = 0x7469636b; PRAGMA user_version = 99; CREATE TABLE mine (a)", "version 99"},
		"another program": {"CREATE TABLE mine (a)", "another program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := prepared(t, c.statements)
			s := newStore(t, path)
			if err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one about %s", err, c.want)
			}
			closeStore(t, s)
			if n := look(t, path, "SELECT count(*) FROM sqlite_schema"); n != 1 {
				t.Errorf("%d tables, want the one that was there", n)
			}
		})
	}
}

func TestSamplesThatCannotBeKeptAreRefusedWithTheirBatch(t *testing.T) {
	t.Parallel()
	s := openStore(t, filepath.Join(t.TempDir(), "history.db"))
	for name, spoil := range map[string]func(*history.Batch){
		"no epoch":        func(b *history.Batch) { b.Epoch = "" },
		"long epoch":      func(b *history.Batch) { b.Epoch = strings.Repeat("e", 33) },
		"no symbol":       func(b *history.Batch) { b.Samples[1].Symbol = "" },
		"lower-case name": func(b *history.Batch) { b.Samples[1].Symbol = "aapl" },
		"huge sequence":   func(b *history.Batch) { b.Samples[1].Seq = math.MaxInt64 + 1 },
		"too many trades": func(b *history.Batch) { b.Samples[1].Bar.Trades = math.MaxInt64 + 1 },
		"unknown status":  func(b *history.Batch) { b.Samples[1].Status = 77 },
		"unknown reason":  func(b *history.Batch) { b.Samples[1].Reason = 77 },
	} {
		b := batch(dayZero, 1, "A", "B")
		spoil(b)
		if err := s.Append(t.Context(), b); !errors.Is(err, history.ErrSample) {
			t.Errorf("%s: error is %v, want ErrSample", name, err)
		}
	}
	if n := len(held(t, s)); n != 0 {
		t.Errorf("%d samples were kept", n)
	}
}

func TestAppendGivenUpMidwayIsThereWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	s := openStore(t, path)
	var symbols []market.Symbol
	for i := range 500 {
		symbols = append(symbols, benchSymbol(i))
	}
	want := 0
	for i := range 30 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
		err := s.Append(ctx, batch(dayZero+int64(i), uint64(i+1), symbols...))
		cancel()
		if err == nil {
			want += len(symbols)
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error is %v, want that of the context", err)
		}
		if n := len(held(t, s)); n != want {
			t.Fatalf("%d samples after %d batches, want %d", n, i+1, want)
		}
	}
	mustAppend(t, s, batch(dayZero+100, 100, symbols...))
	if n := look(t, path, "SELECT count(*) FROM symbols"); n != int64(len(symbols)) {
		t.Errorf("%d symbols have names, want %d", n, len(symbols))
	}
}

func TestOpenReadsTheFileAnewAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	s := openStore(t, path)
	execute(t, path, "INSERT INTO symbols VALUES (7, 'A')")
	if err := s.Append(t.Context(), batch(dayZero, 1, "A")); err == nil {
		t.Fatal("a symbol has two numbers")
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, batch(dayZero, 1, "A"))
	if n := look(t, path, "SELECT symbol FROM samples_2024_10_04"); n != 7 {
		t.Errorf("the symbol has number %d, want 7", n)
	}
}

// clocked makes a store with a clock of its own, open until the test ends.
func clocked(t *testing.T, path string, now *time.Time) *sqlite.Store {
	t.Helper()
	s, err := sqlite.New(sqlite.Config{Path: path, Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func TestDayIsAsYoungAsTheLastWriteToIt(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	now := time.UnixMicro(dayZero)
	s := clocked(t, filepath.Join(t.TempDir(), "history.db"), &now)
	for seq := range uint64(2) {
		mustAppend(t, s, batch(dayZero, seq+1, "A"))
		now = now.Add(5 * day)
	}
	mustAppend(t, s, batch(now.UnixMicro(), 1, "B")) // the newest day stays
	for _, c := range []struct {
		later time.Duration
		want  int
	}{{0, 3}, {day, 3}, {2*day + time.Microsecond, 1}} {
		if err := s.Maintain(t.Context(), now.Add(c.later), 7*day); err != nil {
			t.Fatal(err)
		}
		if n := len(held(t, s)); n != c.want {
			t.Errorf("%d samples %s after the last write, want %d", n, 5*day+c.later, c.want)
		}
	}
}

func TestDroppedDaysMakeRoomForNewOnes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	now := time.UnixMicro(dayZero)
	s := clocked(t, path, &now)
	var pages int64
	for d := range 12 {
		mustAppend(t, s, batchOn(d))
		if err := s.Maintain(t.Context(), now, 3*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		now = now.Add(24 * time.Hour)
		size := look(t, path, "PRAGMA page_count")
		if d == 6 {
			pages = size
		}
		if d > 6 && size > pages+pages/10 {
			t.Errorf("%d pages on day %d, %d on day 6", size, d, pages)
		}
	}
	if n := look(t, path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'samples_%' AND type = 'table'"); n != 5 {
		t.Errorf("%d tables of samples, want those of 5 days", n)
	}
}

// someSymbols is the number of samples of a batch that fills a few pages.
const someSymbols = 300

// batchOn is the first of a benchmark's samples, so many days later.
func batchOn(d int) *history.Batch {
	b := benchBatch(0)
	b.Samples = b.Samples[:someSymbols]
	for i := range b.Samples {
		b.Samples[i].Recv += int64(d) * 24 * 3600 * benchSecond
	}
	return b
}
