package feed_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ticker/feed"
	"ticker/market"
)

func TestASourceThatOnlyTellsOfThePastIsSilent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome market.Outcome
		silent  bool
	}{
		"late":      {market.Late, true},
		"duplicate": {market.Duplicate, false}, // another leg was first
		"full":      {market.Full, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, feed.Config{Silence: 5 * time.Second})
				r.source = func(ctx context.Context, to feed.Sink) error {
					to.Update(&market.Update{Symbol: "A"})
					r.book.setOutcome(c.outcome)
					for ctx.Err() == nil {
						time.Sleep(time.Second)
						to.Update(&market.Update{Symbol: "A"})
					}
					return ctx.Err()
				}
				r.start()
				time.Sleep(6 * time.Second)
				synctest.Wait()
				if c.silent {
					r.wantStale(market.Silent)
				} else {
					r.wantStale()
				}
				r.stop()
			})
		})
	}
}

func TestAConnectionThatIsStuckInThePastIsMadeAnew(t *testing.T) {
	t.Parallel()
	const everySo = 50 * time.Millisecond // 200 in ten seconds
	for name, c := range map[string]struct {
		gap     time.Duration
		passive bool
		fresh   int // every so many updates one is not late
		want    float64
	}{
		"nothing but what is late":   {everySo, false, 0, 1},
		"of a passive source":        {everySo, true, 0, 0},
		"now and then something":     {everySo, false, 100, 0},
		"a thousand at one time":     {0, false, 0, 0},
		"not many":                   {100 * time.Millisecond, false, 100, 0},
		"some, for a very long time": {time.Second, false, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var r *rig
				run := func(ctx context.Context, to feed.Sink) error {
					for i := 0; i < 1000 && ctx.Err() == nil; i++ {
						r.book.setOutcome(market.Late)
						if c.fresh > 0 && i%c.fresh == 0 {
							r.book.setOutcome(market.Accepted)
						}
						to.Update(&market.Update{Symbol: "A"})
						to.Alive() // which venues go on with, whatever else they do
						time.Sleep(c.gap)
					}
					return idle(ctx, to)
				}
				r = newRig(t, feed.Config{Backoff: feed.Backoff{Min: time.Hour, Max: time.Hour}, Source: sourceOf(run, c.passive)})
				r.start()
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				r.stop()
				r.wantMetric("ticker_feed_disconnects_total", "past", c.want)
				r.wantLogged(`updates in a row were older than what was told before`, int(c.want))
			})
		})
	}
}

// sourceOf makes a source of its Run.
func sourceOf(run sourceFunc, passive bool) feed.Source {
	if passive {
		return passiveSource{run}
	}
	return run
}
