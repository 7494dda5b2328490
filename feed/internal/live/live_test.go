package live_test

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plainCase(limits live.Limits) *livetest.Case {
	return &livetest.Case{
		Exchange: plainExchange(), Venue: plainVenue(limits),
		Symbol: "AB", Native: "ab", Other: "CD", OtherNative: "cd",
	}
}

func TestFaultsOfAnExchangeAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, plainCase(live.Limits{Lifetime: 10 * time.Hour}))
}

func TestAParserThatPanicsCostsItsConnectionAndNothingElse(t *testing.T) {
	t.Parallel()
	plainCase(live.Limits{}).Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		r.Clients()[0].Say("bomb")
		synctest.Wait()
		r.Want("after the bomb", "stale disconnected bid=1")
		r.WantMetric("ticker_feed_disconnects_total", "panic", 1)
		if n := r.Logged("a bomb"); n != 1 || r.Logged("plain.Parse") != 1 {
			t.Errorf("%d lines tell of the panic, and where it was", n)
		}
		r.Settle()
		r.Quote(7)
		r.Want("after the recovery", "live bid=7")
	})
}
