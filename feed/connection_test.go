package feed_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticker/feed"
	"ticker/market"
)

func TestUpdateIsCompletedForTheBook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{})
		u := market.Update{Symbol: "A", TS: 5}
		r.run(func(to feed.Sink) {
			to.Update(&u)
			time.Sleep(1500 * time.Microsecond)
			to.Update(&u) // the same again: its time of acceptance is its own
			u.Recv = 42
			to.Update(&u)
		})
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
		for i, recv := range []int64{start, start + 1500, 42} {
			got := r.book.updates[i]
			if got.Source != bookID || got.Link != 1 || got.Recv != recv || got.Symbol != "A" || got.TS != 5 {
				t.Errorf("update %d = %+v, want recv %d", i, got, recv)
			}
		}
		if u.Recv != 42 {
			t.Errorf("the source's own update has recv %d", u.Recv)
		}
	})
}

func TestEveryResultIsCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, feed.Config{})
	r.run(func(to feed.Sink) {
		for outcome := range market.NumOutcomes {
			r.book.outcome = outcome
			for range outcome + 1 {
				to.Update(&market.Update{Symbol: "A"})
			}
		}
		for i, reason := range []error{
			feed.ErrMalformed, feed.ErrSymbol, feed.ErrValue, feed.ErrEmpty,
		} {
			for range i + 5 {
				to.Reject(fmt.Errorf("%w: of a kind", reason), nil)
			}
		}
		to.Reject(errors.New("of no known kind"), nil)
		for range 9 {
			to.Alive()
		}
	})
	if last := market.NumOutcomes.String(); last != "unknown" {
		t.Errorf("outcome %q has no counter", last)
	}
	for result, want := range map[string]float64{
		"accepted": 1, "late": 2, "duplicate": 3, "full": 4, "behind": 5,
		"malformed": 6, "bad_symbol": 6, "bad_value": 7, "empty": 8, "skipped": 9,
	} {
		r.wantMetric("ticker_feed_updates_total", result, want)
	}
}

func TestMostlyGarbageEndsTheConnection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refusedOf10 int
		passive     bool
		want        float64
	}{
		"half is refused":           {5, false, 0},
		"more than half is refused": {6, false, 1},
		"all is refused":            {10, false, 1},
		"of a passive source":       {10, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run := func(ctx context.Context, to feed.Sink) error {
					for i := 0; i < 1000 && ctx.Err() == nil; i++ {
						if (i+1)*c.refusedOf10/10 > i*c.refusedOf10/10 {
							to.Reject(feed.ErrMalformed, []byte("?"))
						} else {
							to.Update(&market.Update{Symbol: "A"})
						}
					}
					return idle(ctx, to)
				}
				cfg := feed.Config{Backoff: feed.Backoff{Min: time.Hour, Max: time.Hour}, Source: sourceFunc(run)}
				if c.passive {
					cfg.Source = passiveSource{run}
				}
				r := newRig(t, cfg)
				r.start()
				synctest.Wait()
				r.stop()
				r.wantMetric("ticker_feed_disconnects_total", "garbage", c.want)
				r.wantLogged(`error="mostly garbage: more than half of 128 records refused, the last for: malformed"`, int(c.want))
			})
		})
	}
}

func TestRefusalsAreLoggedOnceInAWhileQuotedAndCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{})
		record := []byte("\x1b[31m\u202e" + strings.Repeat("x", 1000))
		r.run(func(to feed.Sink) {
			for range 40 {
				to.Reject(feed.ErrMalformed, record)
				to.Reject(feed.ErrSymbol, []byte("short"))
				time.Sleep(time.Second / 2)
				to.Update(&market.Update{Symbol: "A"})
				to.Update(&market.Update{Symbol: "A"})
			}
		})
		r.wantLogged("reason=malformed", 2)
		r.wantLogged("reason=bad_symbol", 2)
		r.wantLogged("held_back=19", 2)
		r.wantLogged(`record="\"short\"" bytes=5`, 2)
		cut := strings.Repeat("x", 120-len("\x1b[31m\u202e"))
		r.wantLogged(`record="\"\\x1b[31m\\u202e`+cut+`\"..." bytes=1008`, 2)
	})
}

func TestTimeFarInTheFutureIsFlaggedAndPassedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{})
		r.run(func(to feed.Sink) {
			limit := time.Now().Add(market.MaxLead).UnixMicro()
			to.Update(&market.Update{Symbol: "A", TS: limit})
			to.Update(&market.Update{Symbol: "B", TS: limit + 1})
			to.Update(&market.Update{Symbol: "C", TS: limit + 2, Recv: 1})
		})
		r.wantMetric("ticker_feed_future_total", "test", 2)
		r.wantMetric("ticker_feed_updates_total", "accepted", 3)
		r.wantLogged("far in the future", 1)
		r.wantLogged("symbol=B", 1)
	})
}

func TestUpdateAllocatesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f, err := feed.New(feed.Config{Name: "test", Silence: time.Hour, Book: countingBook{}, Source: sourceFunc(
		func(_ context.Context, to feed.Sink) error {
			defer cancel()
			u := &market.Update{Symbol: "A", TS: 1}
			if allocs := testing.AllocsPerRun(1000, func() { to.Update(u); to.Alive() }); allocs != 0 && !raceEnabled {
				t.Errorf("%v allocations an update", allocs)
			}
			return nil
		})})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// countingBook accepts everything and remembers nothing.
type countingBook struct{}

func (countingBook) Line(string) market.SourceID                  { return 0 }
func (countingBook) Apply(*market.Update) market.Outcome          { return market.Accepted }
func (countingBook) MarkStale(market.SourceID, market.Reason) int { return 0 }

// Watches the price of one update on its way from a source to the book: it
// goes up if the sink takes a lock, allocates or looks a metric up by name.
func BenchmarkSinkUpdate(b *testing.B) {
	b.ReportAllocs()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	f, err := feed.New(feed.Config{Name: "test", Silence: time.Hour, Book: countingBook{}, Source: sourceFunc(
		func(_ context.Context, to feed.Sink) error {
			u := &market.Update{Symbol: "A", TS: 1}
			for b.Loop() {
				to.Update(u)
			}
			cancel()
			return nil
		})})
	if err != nil {
		b.Fatal(err)
	}
	if err := f.Run(ctx); err != nil {
		b.Fatal(err)
	}
}
