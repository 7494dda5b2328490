package publish

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/feed"
	"ticker/market"
)

// during runs the publisher while f does, in time of their own.
func (r *rig) during(t *testing.T, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running errgroup.Group
	running.Go(func() error { return r.Run(ctx) })
	f()
	cancel()
	if err := running.Wait(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if !r.sink.closed {
		t.Error("the sink was not closed")
	}
}

func TestConfigurationIsCheckedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	good := func() Config { return Config{Name: "x", Book: book.New(book.Config{}), Sink: newFakeSink()} }
	for want, change := range map[string]func(*Config){
		"no name":               func(c *Config) { c.Name = "" },
		"no book":               func(c *Config) { c.Book = nil },
		"no sink":               func(c *Config) { c.Sink = nil },
		"must not be negative":  func(c *Config) { c.Interval = -1 },
		"must not be negative ": func(c *Config) { c.SendTimeout = -1 },
	} {
		cfg := good()
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("New: %v, want %q", err, want)
		}
	}
	if _, err := New(good()); err != nil {
		t.Errorf("New of a good configuration: %v", err)
	}
}

func TestABurstIsOneRecordAnInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Interval = time.Second })
		r.during(t, func() {
			time.Sleep(10 * time.Millisecond) // no update falls on a round
			for i := range 100 {
				r.quote("A", int64(i))
				time.Sleep(25 * time.Millisecond)
			}
			time.Sleep(time.Second)
		})
		if diff := cmp.Diff([]uint64{40, 80, 100}, r.sink.seqs["A"]); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if got := r.metric(t, "ticker_publish_conflated_updates_total", ""); got != 97 {
			t.Errorf("%v updates are counted as conflated, want 97", got)
		}
	})
}

func TestOnlyWhatChangedIsSentAndOnlyWhatThePatternsCover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) {
			for _, text := range []string{"A*", "B"} {
				p, err := market.ParsePattern(text)
				if err != nil {
					t.Fatal(err)
				}
				c.Patterns = append(c.Patterns, p)
			}
		})
		r.during(t, func() {
			for _, s := range []market.Symbol{"A", "AA", "B", "BB", "C"} {
				r.quote(s, 1)
			}
			time.Sleep(time.Second)
			r.quote("AA", 2)
			r.quote("C", 2)
			time.Sleep(time.Second)
		})
		want := map[market.Symbol][]uint64{"A": {1}, "AA": {1, 2}, "B": {1}}
		if diff := cmp.Diff(want, r.sink.seqs); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

func TestARoundOfManyRecordsIsSeveralSends(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for i := range 2*maxBatch + 1 {
		r.quote(market.Symbol(fmt.Sprintf("S%d", i)), 1)
	}
	if err := r.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{maxBatch, maxBatch, 1}, r.sink.sizes); diff != "" {
		t.Errorf("records in a Send (-want +got):\n%s", diff)
	}
}

func TestAnOutageIsLoggedOnceAndTriedWithADoublingBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		began := time.Now()
		var tries []time.Duration
		r.sink.failWith(func(int) (int, error) {
			tries = append(tries, time.Since(began))
			return 0, errAway
		})
		r.during(t, func() {
			r.quote("A", 1)
			time.Sleep(100 * time.Second)
			synctest.Wait()
			if got := r.metric(t, "ticker_publish_connected", ""); got != 0 {
				t.Errorf("connected is %v in an outage", got)
			}
			r.quote("A", 2)
			r.sink.failWith(nil)
			time.Sleep(30 * time.Second)
			synctest.Wait()
			if got := r.metric(t, "ticker_publish_connected", ""); got != 1 {
				t.Errorf("connected is %v after an outage", got)
			}
		})
		const ms = time.Millisecond
		want := []time.Duration{
			0, 250 * ms, 750 * ms, 1750 * ms, 3750 * ms, 7750 * ms, 15750 * ms, 31750 * ms, 61750 * ms, 91750 * ms,
		}
		if diff := cmp.Diff(want, tries); diff != "" {
			t.Errorf("tries with the longest jitter (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]uint64{2}, r.sink.seqs["A"]); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if got := r.metric(t, "ticker_publish_records_total", "failed"); got != float64(len(want)) {
			t.Errorf("%v records failed, want %d", got, len(want))
		}
		if n := strings.Count(r.log.String(), "level="); n != 2 {
			t.Errorf("%d lines were logged, want one for the beginning and one for the end", n)
		}
		for _, line := range []string{
			`level=WARN msg="publishing fails" sink=test error="the sink is away" next_try_in=250ms`,
			`level=INFO msg="publishing again" sink=test after=2m1.75s failed_tries=10 records=1`,
		} {
			if n := strings.Count(r.log.String(), line); n != 1 {
				t.Errorf("logged %d times: %s\n%s", n, line, r.log)
			}
		}
	})
}

func TestTheFinalValuesAreOutWhenRunReturns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Interval = time.Hour })
		r.during(t, func() {
			r.quote("A", 1)
			time.Sleep(time.Minute)
			r.quote("A", 2)
		})
		if got := r.sink.last("A"); got != 2 {
			t.Errorf("the sink ends with %d, want 2", got)
		}
	})
}

func TestAnEndIsNotDelayedByASinkThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.cfg.Sink = hanging{r.sink}
		var ended time.Time
		r.during(t, func() {
			r.quote("A", 1)
			time.Sleep(time.Second) // it is in a Send
			ended = time.Now()
		})
		if took := time.Since(ended); took != defaultFlushTimeout {
			t.Errorf("it took %s, want %s", took, defaultFlushTimeout)
		}
		if want := `msg="final records were not published" sink=test error="context canceled" records=1`; !strings.Contains(r.log.String(), want) {
			t.Errorf("the log says %q, want %q", r.log, want)
		}
	})
}

// hanging is a sink that acknowledges nothing.
type hanging struct{ *fakeSink }

func (hanging) Send(ctx context.Context, _ []Record) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestASendThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.cfg.Sink = hanging{r.sink}
		r.during(t, func() {
			r.quote("A", 1)
			time.Sleep(defaultSendTimeout + time.Second)
		})
		if want := `msg="publishing fails" sink=test error="context deadline exceeded"`; !strings.Contains(r.log.String(), want) {
			t.Errorf("the log says %q, want %q", r.log, want)
		}
	})
}

// TestABookFilledFromRecordsShowsTheSame reads what was published with the parser
// of a feed.
func TestABookFilledFromRecordsShowsTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	source := r.book.Source("sim")
	copied := book.New(book.Config{})
	var parser feed.QuoteParser
	var u market.Update
	bring := func() market.Quote {
		t.Helper()
		r.read.begin()
		for _, record := range r.read.encode(r.read.cells) {
			if err := parser.Parse(record.JSON, &u); err != nil {
				t.Fatalf("%s: %v", record.JSON, err)
			}
			copied.Apply(&u)
		}
		return copied.Find("A").Quote()
	}
	status := func(s market.Status) func() {
		return func() {
			r.book.Apply(&market.Update{Symbol: "A", Source: source, Set: market.Fields(0).With(market.StatusField), Status: s})
		}
	}
	for i, change := range []func(){
		func() {
			u := market.Update{Symbol: "A", Source: source, TS: 1_700_000_000_000_000}
			for f := range market.Field(market.NumValues) {
				u.Put(f, market.NewDecimal(12_500+int64(f), 4))
			}
			r.book.Apply(&u)
		},
		status(market.Halted), status(market.Live),
		func() { r.book.MarkStale(source, market.Disconnected) },
		func() { r.quote("A", 3) },
	} {
		change()
		want, got := r.book.Find("A").Quote(), bring()
		if want.Values != got.Values || want.Known != got.Known || want.TS != got.TS || want.Status != got.Status || want.Reason != got.Reason {
			t.Errorf("change %d: the copy has %+v, the book %+v", i, got, want)
		}
	}
}
