package feed_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/feed"
	"ticker/market"
)

func TestConfigurationIsCheckedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	source := sourceFunc(idle)
	for name, c := range map[string]struct {
		change func(*feed.Config)
		want   string // part of the error, empty for none
	}{
		"complete":             {func(*feed.Config) {}, ""},
		"one letter":           {func(c *feed.Config) { c.Name = "x" }, ""},
		"longest name":         {func(c *feed.Config) { c.Name = "0" + strings.Repeat("-_", 15) + "z" }, ""},
		"name too long":        {func(c *feed.Config) { c.Name = strings.Repeat("x", 33) }, "name must be"},
		"no name":              {func(c *feed.Config) { c.Name = "" }, "name must be"},
		"name begins with -":   {func(c *feed.Config) { c.Name = "-x" }, "name must be"},
		"name in upper case":   {func(c *feed.Config) { c.Name = "Sim" }, "name must be"},
		"no source":            {func(c *feed.Config) { c.Source = nil }, "want a source or lines"},
		"no book":              {func(c *feed.Config) { c.Book = nil }, "no book"},
		"negative silence":     {func(c *feed.Config) { c.Silence = -1 }, "silence"},
		"negative backoff":     {func(c *feed.Config) { c.Backoff.Min = -1 }, "backoff"},
		"backoff upside down":  {func(c *feed.Config) { c.Backoff = feed.Backoff{Min: 2, Max: 1} }, "backoff"},
		"min over default max": {func(c *feed.Config) { c.Backoff.Min = time.Hour }, "backoff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := feed.Config{Name: "sim", Source: source, Book: &fakeBook{}}
			c.change(&cfg)
			f, err := feed.New(cfg)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("New: %v", err)
			case c.want == "" && f.Name() != cfg.Name:
				t.Errorf("Name() = %q", f.Name())
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("New: %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestFailedSourceRunsAgainAfterADoublingBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{})
		began := time.Now()
		var starts []time.Duration
		r.source = func(context.Context, feed.Sink) error {
			starts = append(starts, time.Since(began))
			return errors.New("connection refused")
		}
		r.start()
		time.Sleep(100 * time.Second)
		r.stop()
		const ms = time.Millisecond
		want := []time.Duration{
			0, 250 * ms, 750 * ms, 1750 * ms, 3750 * ms, 7750 * ms, 15750 * ms, 31750 * ms, 61750 * ms, 91750 * ms,
		}
		if diff := cmp.Diff(want, starts); diff != "" {
			t.Errorf("starts with the longest jitter (-want +got):\n%s", diff)
		}
		r.wantLogged(`msg="feed disconnected" feed=test reason=error error="connection refused" next_try_in=250ms`, 1)
		r.wantMetric("ticker_feed_disconnects_total", "error", float64(len(want)))
	})
}

func TestBackoffBeginsAnewOnlyAfterAConnectionThatLivedAndDelivered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lives    time.Duration
		delivers bool
		want     time.Duration // wait after the third failure
	}{
		"lived and delivered": {30 * time.Second, true, 250 * time.Millisecond},
		"only lived":          {30 * time.Second, false, time.Second},
		"only delivered":      {29 * time.Second, true, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, feed.Config{})
				runs, ended := 0, time.Time{}
				var wait time.Duration
				r.source = func(ctx context.Context, to feed.Sink) error {
					runs++
					switch runs {
					case 3:
						if c.delivers {
							to.Update(&market.Update{Symbol: "A"})
						}
						time.Sleep(c.lives)
						ended = time.Now()
					case 4:
						wait = time.Since(ended)
						return idle(ctx, to)
					}
					return io.EOF
				}
				r.start()
				time.Sleep(time.Minute)
				r.stop()
				if wait != c.want {
					t.Errorf("waited %s, want %s", wait, c.want)
				}
			})
		})
	}
}

func TestOutageMarksTheBookOnceHoweverManyTriesItTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{})
		runs := 0
		r.source = func(_ context.Context, to feed.Sink) error {
			if runs++; runs == 4 {
				to.Update(&market.Update{Symbol: "A"})
			} else {
				to.Connected()
			}
			return io.EOF
		}
		r.start()
		time.Sleep(1750 * time.Millisecond)
		synctest.Wait()
		r.wantStale(market.Disconnected, market.Disconnected)
		r.stop()
	})
}

func TestSilentSourceTurnsStaleAndIsMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{Silence: 5 * time.Second})
		hang := make(chan struct{})
		r.source = func(ctx context.Context, to feed.Sink) error {
			to.Update(&market.Update{Symbol: "A"})
			<-ctx.Done()
			<-hang
			return ctx.Err()
		}
		r.start()
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		r.wantStale()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		r.wantStale(market.Silent) // before the source has returned
		close(hang)
		synctest.Wait()
		r.wantStale(market.Silent)
		r.wantLogged(`reason=silent error="nothing heard for 5s"`, 1)
		if r.feed.Connected() {
			t.Error("connected to a source that is being made anew")
		}
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		if got := r.book.links(); !cmp.Equal(got, []uint32{1, 2}) {
			t.Errorf("links of the updates are %d", got)
		}
		r.stop()
	})
}

func TestSourceThatIsHeardIsNotSilent(t *testing.T) {
	t.Parallel()
	for name, speak := range map[string]func(feed.Sink){
		"connected": func(to feed.Sink) { to.Connected() },
		"update":    func(to feed.Sink) { to.Update(&market.Update{Symbol: "A"}) },
		"heartbeat": func(to feed.Sink) { to.Alive() },
		"garbage":   func(to feed.Sink) { to.Reject(feed.ErrMalformed, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, feed.Config{Silence: 5 * time.Second})
				r.source = func(ctx context.Context, to feed.Sink) error {
					for range 10 {
						time.Sleep(4 * time.Second)
						speak(to)
					}
					return idle(ctx, to)
				}
				r.start()
				time.Sleep(45*time.Second - time.Nanosecond)
				synctest.Wait()
				r.wantStale()
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				r.wantStale(market.Silent)
				r.stop()
			})
		})
	}
}

func TestUpdateThatSlipsInBehindTheMarkIsMarkedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{Silence: time.Second})
		r.source = func(ctx context.Context, to feed.Sink) error {
			<-ctx.Done()
			to.Update(&market.Update{Symbol: "A"}) // it was on its way
			return ctx.Err()
		}
		r.start()
		time.Sleep(time.Second)
		synctest.Wait()
		r.wantStale(market.Silent, market.Silent)
		r.stop()
	})
}

func TestPassiveSourceStaysThroughItsSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		publish := make(chan struct{})
		r := newRig(t, feed.Config{Silence: time.Second, Source: passiveSource{func(ctx context.Context, to feed.Sink) error {
			to.Connected()
			for {
				select {
				case <-publish:
					to.Update(&market.Update{Symbol: "A"})
				case <-ctx.Done():
					return nil
				}
			}
		}}})
		r.start()
		time.Sleep(10 * time.Second)
		r.wantStale(market.Silent)
		publish <- struct{}{}
		time.Sleep(10 * time.Second)
		r.wantStale(market.Silent, market.Silent)
		if !r.feed.Connected() {
			t.Error("a passive source was ended for its silence")
		}
		r.stop()
		r.wantLogged(`msg="feed silent"`, 2)
		r.wantMetric("ticker_feed_connects_total", "test", 1)
	})
}

func TestShutdownWaitsForTheSourceAndMarksNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{Silence: time.Minute})
		returned := false
		r.source = func(ctx context.Context, to feed.Sink) error {
			to.Update(&market.Update{Symbol: "A"})
			<-ctx.Done()
			time.Sleep(time.Second)
			returned = true
			return errors.New("half a message")
		}
		r.start()
		synctest.Wait()
		if !r.feed.Connected() {
			t.Error("not connected after an update")
		}
		r.wantMetric("ticker_feed_connected", "test", 1)
		r.stop()
		if !returned {
			t.Error("Run returned before the source")
		}
		if r.feed.Connected() {
			t.Error("connected after Run")
		}
		r.wantMetric("ticker_feed_connected", "test", 0)
		r.wantStale()
		r.wantLogged("disconnected", 0)
	})
}

func TestShutdownCutsTheBackoffShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{Backoff: feed.Backoff{Min: time.Hour, Max: time.Hour}})
		r.source = func(context.Context, feed.Sink) error { return nil }
		r.start()
		synctest.Wait()
		began := time.Now()
		r.stop()
		if waited := time.Since(began); waited != 0 {
			t.Errorf("Run went on for %s", waited)
		}
		r.wantLogged(`reason=returned error="the source ended it"`, 1)
	})
}

func TestPanickingSourceIsAFailedConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{})
		runs := 0
		r.source = func(ctx context.Context, to feed.Sink) error {
			if runs++; runs == 1 {
				to.Update(&market.Update{Symbol: "A"})
				panic("index out of range")
			}
			return idle(ctx, to)
		}
		r.start()
		time.Sleep(time.Second)
		r.stop()
		r.wantStale(market.Disconnected)
		r.wantMetric("ticker_feed_disconnects_total", "panic", 1)
		r.wantLogged(`reason=panic error="panic: index out of range"`, 1)
		r.wantLogged("TestPanickingSourceIsAFailedConnection", 1) // the stack names the function
		if runs != 2 {
			t.Errorf("%d runs", runs)
		}
	})
}

func TestPanicIsToldBeforeWhatTheConnectionWasEndedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, feed.Config{Backoff: feed.Backoff{Min: time.Hour, Max: time.Hour}})
		r.source = func(ctx context.Context, to feed.Sink) error {
			for ctx.Err() == nil {
				to.Reject(feed.ErrMalformed, nil)
			}
			panic("in the clean-up")
		}
		r.start()
		synctest.Wait()
		r.stop()
		r.wantLogged(`reason=panic error="panic: in the clean-up"`, 1)
	})
}
