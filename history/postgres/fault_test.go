package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"ticker/history"
	"ticker/internal/postgrestest"
	"ticker/market"
)

func TestABatchWhoseCommitWasNotAnsweredIsKeptOnce(t *testing.T) {
	t.Parallel()
	srv := server.Server(t)
	direct := srv.NewDatabase(t)
	p := newProxy(t, srv)
	s := openStore(t, p.url(direct))
	conn := connect(t, direct)
	b := batch("e", trade("A", noon, 1, 100), trade("B", noon, 1, 200))
	p.lose.Store(1)
	if err := s.Append(t.Context(), b); err == nil {
		t.Fatal("append succeeded without an answer")
	}
	// The server did commit: that is the case that is hard to tell.
	expect(t, conn, `select symbol from ticker.quotes order by symbol`, "A", "B")
	if err := s.Append(t.Context(), b); err != nil {
		t.Fatalf("append again: %v", err)
	}
	expect(t, conn, `select symbol from ticker.quotes order by symbol`, "A", "B")
	expect(t, conn, `select trades::text from ticker.candles`, "1", "1")
	expectWholeCandles(t, conn)
}

// appendUntilKept does as a recorder does: it gives a batch to the store every
// few milliseconds until it takes it. It returns how often that failed.
func appendUntilKept(t *testing.T, s *Store, b *history.Batch) (failures int) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for ; ; <-again.C {
		err := s.Append(t.Context(), b)
		switch {
		case err == nil:
			return failures
		case errors.Is(err, history.ErrSample), t.Context().Err() != nil:
			t.Errorf("append: %v", err)
			return failures
		}
		failures++
	}
}

func TestEveryRowIsThereOnceThoughTheServerIsKilled(t *testing.T) {
	t.Parallel()
	srv := postgrestest.Start(t, postgrestest.Options{})
	url := srv.NewDatabase(t)
	s := openStore(t, url)
	const batches, size, kills = 150, 200, 3
	var loading sync.WaitGroup
	third := make(chan struct{})
	failures := 0
	loading.Go(func() {
		for i := range int64(batches) {
			if i%(batches/kills) == 10 {
				third <- struct{}{}
			}
			b := batch("e")
			for j := range int64(size) {
				n := i*size + j
				b.Samples = append(b.Samples, trade(market.Symbol(fmt.Sprintf("S%d", n%17)), noon+n*second, uint64(n+1), n%100))
			}
			failures += appendUntilKept(t, s, b)
		}
	})
	for range kills {
		<-third
		srv.Kill(t)
		srv.Restart(t)
	}
	loading.Wait()
	if failures == 0 {
		t.Error("no append failed: the load never met a dead server")
	}
	conn := connect(t, url)
	expect(t, conn, `select format('%s of %s', count(distinct seq), count(*)) from ticker.quotes`,
		fmt.Sprintf("%d of %d", batches*size, batches*size))
	expectWholeCandles(t, conn)
	expectWholeCarries(t, conn)
}

func TestAServerThatTurnsReadOnlyIsLeftForTheNext(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	conn := connect(t, url)
	database := `alter database ` + column(t, conn, `select current_database()::text`)[0]
	// Sessions that are there keep what they began with, like those of a primary
	// that was demoted: what a new one finds has changed.
	execute(t, conn, database+` set default_transaction_read_only = on`)
	s.link.Load().pool.Reset()
	b := batch("e", trade("A", noon, 1))
	if err := s.Append(t.Context(), b); state(err) != readOnly || errors.Is(err, history.ErrSample) {
		t.Errorf("append to a read-only server: %v", err)
	}
	execute(t, conn, database+` reset default_transaction_read_only`)
	appendAll(t, s, b)
}

func TestAServerThatStandsStillIsWaitedForAsLongAsTheContextAllows(t *testing.T) {
	t.Parallel()
	srv := postgrestest.Start(t, postgrestest.Options{})
	url := srv.NewDatabase(t)
	s := openStore(t, url)
	appendAll(t, s, batch("e", trade("A", noon, 1)))
	srv.Pause(t)
	ask := map[string]func(context.Context) error{
		"append": func(ctx context.Context) error { return s.Append(ctx, batch("e", trade("A", noon, 2))) },
		"as of": func(ctx context.Context) error {
			_, err := s.AsOf(ctx, []market.Pattern{parsePattern(t, "A")}, noon, 1)
			return err
		},
		"maintain": func(ctx context.Context) error { return s.Maintain(ctx, time.UnixMicro(noon), 0) },
		"open another": func(ctx context.Context) error {
			other := newStore(t, url)
			defer closeStore(t, other)
			return other.Open(ctx)
		},
	}
	for name, do := range ask {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
	srv.Resume(t)
	appendAll(t, s, batch("e", trade("A", noon, 2)))
	if got := asOf(t, s, "A", noon)["A"]; got != 2 {
		t.Errorf("afterwards the newest is %d", got)
	}
}

func TestAQuestionThatWasGivenUpEndsAtTheServerToo(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	appendAll(t, s, batch("e", trade("A", noon, 1)))
	conn := connect(t, url)
	execute(t, conn, `begin; lock table ticker.quotes`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.AsOf(ctx, []market.Pattern{parsePattern(t, "A")}, noon, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ask for what is locked: %v", err)
	}
	waiting := []string{"1"}
	for waiting[0] != "0" && t.Context().Err() == nil {
		waiting = column(t, conn, `select count(*)::text from pg_locks where not granted and database =
			(select oid from pg_database where datname = current_database())`)
	}
	execute(t, conn, `rollback`)
}

// TestCloseDoesNotWaitForAServerThatStandsStill relies on the leak check of
// TestMain for what is left behind.
func TestCloseDoesNotWaitForAServerThatStandsStill(t *testing.T) {
	t.Parallel()
	srv := postgrestest.Start(t, postgrestest.Options{})
	s := newStore(t, srv.NewDatabase(t))
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv.Pause(t)
	defer srv.Resume(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Append(ctx, batch("e", trade("A", noon, 1))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("append: %v", err)
	}
	l := s.link.Load()
	closeStore(t, s)
	if _, err := l.dial(t.Context(), l.pool.Config().ConnConfig.DialFunc, [2]string{"tcp", srv.Addr()}); !errors.Is(err, errClosed) {
		t.Errorf("it took a cut to close, and still a line may be opened: %v", err)
	}
}

func TestAServerThatComesUpLaterIsOpenedThen(t *testing.T) {
	t.Parallel()
	srv := postgrestest.Start(t, postgrestest.Options{})
	s := newStore(t, srv.NewDatabase(t))
	defer closeStore(t, s)
	srv.Stop(t)
	if err := s.Open(t.Context()); err == nil {
		t.Fatal("it opened without a server")
	}
	srv.Restart(t)
	if err := s.Open(t.Context()); err != nil {
		t.Fatalf("open again: %v", err)
	}
	appendAll(t, s, batch("e", trade("A", noon, 1)))
	srv.Restart(t)
	failures := appendUntilKept(t, s, batch("e", trade("A", noon, 2)))
	if failures > 1 {
		t.Errorf("%d appends failed: dead connections were kept", failures)
	}
}
