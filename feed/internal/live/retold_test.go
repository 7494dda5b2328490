package live_test

import (
	"testing"
	"time"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
	"ticker/market"
)

// numberless is the parser of a plain venue that does not number its trades.
type numberless struct{ plain }

func (p numberless) Parse(message []byte, emit func(*market.Update)) error {
	return p.plain.Parse(message, func(u *market.Update) {
		if u.Trade {
			u.Seq = 0
		}
		emit(u)
	})
}

func unnumbered(limits live.Limits) *livetest.Case {
	return with(limits, func(v *live.Venue) {
		v.Unnumbered = true
		v.Endpoints[0].Speak = func() (live.Dialect, feed.Parser) { return plain{}, numberless{} }
	})
}

func TestFaultsOfAnExchangeWithoutNumbersAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, unnumbered(live.Limits{Lifetime: 10 * time.Hour}))
}

func TestATradeToldAgainIsCountedAsSkipped(t *testing.T) {
	t.Parallel()
	unnumbered(live.Limits{}).Run(t, func(r *livetest.Rig) {
		r.Trade(1)
		before := r.Metric("ticker_feed_updates_total", "skipped")
		r.Trade(1)
		r.WantMetric("ticker_feed_updates_total", "skipped", before+1)
	})
}

func TestASymbolOnAnotherLineHasNoTradeTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*livetest.Case{
		"without numbers": unnumbered(live.Limits{Symbols: 1}),
		"with numbers":    with(live.Limits{Symbols: 1}, func(*live.Venue) {}),
		"with ids":        with(live.Limits{Symbols: 1}, func(v *live.Venue) { v.DenseTrades = true }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comeBackOnAnotherLine(t, c)
		})
	}
}

func comeBackOnAnotherLine(t *testing.T, c *livetest.Case) {
	t.Helper()
	c.RunWith(t, live.Config{Grace: time.Second}, func(r *livetest.Rig) {
		r.Demand.Watch("AB")
		r.Settle()
		r.Trade(1)
		r.Trade(2)
		r.Demand.Leave("AB")
		r.Pass(10 * time.Second)
		r.Demand.Watch("EF") // takes the place in the book that the line of AB had
		r.Settle()
		r.Demand.Watch("AB")
		r.Settle()
		for n := 1; n <= 3; n++ {
			r.Trade(n)
		}
		r.WantTrades("on another line", "1", "2", "3")
		r.Want("on another line", "live last=3")
	})
}

func TestATradeOfTheFarFutureHidesNoOther(t *testing.T) {
	t.Parallel()
	unnumbered(live.Limits{}).Run(t, func(r *livetest.Rig) {
		for _, n := range []int{100_000, 1, 1, 2, 2} {
			r.Trade(n)
		}
		r.WantTrades("after a trade of the day after tomorrow", "100000", "1", "2")
	})
}

func TestATradeThatNothingTellsApartCounts(t *testing.T) {
	t.Parallel()
	c := with(live.Limits{}, func(v *live.Venue) {
		v.Unnumbered = true
		v.Endpoints[0].Speak = func() (live.Dialect, feed.Parser) { return plain{}, timeless{} }
	})
	c.Run(t, func(r *livetest.Rig) {
		r.Trade(1)
		r.Trade(1)
		r.WantTrades("without times", "1", "1")
	})
}

// timeless is numberless without times.
type timeless struct{ numberless }

func (p timeless) Parse(message []byte, emit func(*market.Update)) error {
	return p.numberless.Parse(message, func(u *market.Update) {
		u.TS = 0
		emit(u)
	})
}
