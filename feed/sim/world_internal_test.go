package sim

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
)

// ledger follows one symbol and says what is hard to believe.
type ledger struct {
	quote  market.Quote
	opened bool
	level  market.Decimal
	traded market.Total
}

func (l *ledger) see(u *market.Update) error {
	for f := range market.NumValues {
		if u.Set.Has(f) {
			l.quote.Values[f] = u.Values[f]
		}
	}
	if !l.opened {
		l.opened, l.level = true, u.Values[market.Open]
	}
	if u.Trade {
		l.traded.Add(u.Values[market.LastSize])
	}
	return l.check(u)
}

func (l *ledger) check(u *market.Update) error {
	v := &l.quote.Values
	trade := market.Fields(0).With(market.Last).With(market.LastSize).With(market.Volume)
	quote := market.Fields(0).With(market.Bid).With(market.BidSize).With(market.Ask).With(market.AskSize)
	extremes := market.Fields(0).With(market.High).With(market.Low)
	switch {
	case u.Trade && u.Set&^extremes != trade, !u.Trade && u.Set != quote && u.Set != market.AllValues:
		return fmt.Errorf("fields %b, trade %t", u.Set, u.Trade)
	case l.traded.String() != v[market.Volume].String():
		return fmt.Errorf("volume %s after trades of %s", v[market.Volume], &l.traded)
	case v[market.Last].Cmp(v[market.Low]) < 0 || v[market.Last].Cmp(v[market.High]) > 0:
		return fmt.Errorf("last %s outside %s to %s", v[market.Last], v[market.Low], v[market.High])
	case u.Trade && !v[market.Last].Equal(v[market.Bid]) && !v[market.Last].Equal(v[market.Ask]):
		return fmt.Errorf("trade at %s between %s and %s", v[market.Last], v[market.Bid], v[market.Ask])
	}
	for _, f := range []market.Field{market.BidSize, market.AskSize, market.LastSize} {
		if v[f].Sign() <= 0 {
			return fmt.Errorf("%s %s", f, v[f])
		}
	}
	return l.checkPrice()
}

// checkPrice works in ticks, as the world does.
func (l *ledger) checkPrice() error {
	bid, ask, level := ticks(l.quote.Values[market.Bid]), ticks(l.quote.Values[market.Ask]), ticks(l.level)
	switch {
	case ask-bid < 1 || ask-bid > 5:
		return fmt.Errorf("spread of %d ticks", ask-bid)
	case bid < level-level/4 || bid > level+level/4:
		return fmt.Errorf("bid %d away from %d", bid, level)
	case level < 1000 || level > 50_000:
		return fmt.Errorf("level %d", level)
	}
	return nil
}

func ticks(d market.Decimal) int64 {
	var n int64
	for _, c := range d.String() {
		if c != '.' {
			n = n*10 + int64(c-'0')
		}
	}
	return n
}

func TestPricesAndVolumesAreBelievable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const updates = 4_000
		cfg := Config{Symbols: rapid.IntRange(1, 20).Draw(t, "symbols"), Seed: rapid.Uint64().Draw(t, "seed")}
		w, trades := newWorld(cfg), 0
		ledgers := map[market.Symbol]*ledger{}
		var u market.Update
		for i := range cfg.Symbols + updates {
			if i < cfg.Symbols {
				w.first(i, &u)
				ledgers[u.Symbol] = &ledger{}
			} else {
				w.next(&u)
			}
			if err := ledgers[u.Symbol].see(&u); err != nil {
				t.Fatalf("update %d of %s: %v", i, u.Symbol, err)
			}
			if u.Trade {
				trades++
			}
		}
		if share := trades * 1000 / updates; share < 250 || share > 350 {
			t.Fatalf("%d of %d updates are trades", trades, updates)
		}
	})
}

func TestPriceIsHeldInItsBand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.Int64Range(lowestLevel, highestLevel).Draw(t, "level")
		band := level / 4
		i := instrument{level: level, band: band, spread: 1}
		i.bid = level + rapid.SampledFrom([]int64{-band, band, -band + 1, band - 1}).Draw(t, "offset")
		var u market.Update
		for range 100 {
			d := dice(rapid.Uint64().Draw(t, "dice"))
			i.quote(&d, &u)
			if i.bid < level-band || i.bid > level+band {
				t.Fatalf("bid %d outside %d ± %d", i.bid, level, band)
			}
		}
	})
}

func TestAliasTableIsZipfsLaw(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 500, MaxSymbols} {
		z := newZipf(n)
		harmonic := 0.0
		share := make([]float64, n)
		for k, c := range z {
			harmonic += 1 / float64(k+1)
			part := float64(c.threshold) / (1 << 32)
			share[k] += part / float64(n)
			share[c.alias] += (1 - part) / float64(n)
		}
		for k, got := range share {
			want := 1 / (float64(k+1) * harmonic)
			if math.Abs(got-want) > want*1e-6+1.0/(1<<32) {
				t.Fatalf("rank %d of %d has a share of %g, want %g", k, n, got, want)
			}
		}
	}
}

func TestActivityFallsWithTheRank(t *testing.T) {
	t.Parallel()
	const symbols, draws = 500, 1_000_000
	w := newWorld(Config{Symbols: symbols, Seed: 1})
	seen := map[market.Symbol]float64{}
	var u market.Update
	for range draws {
		w.next(&u)
		seen[u.Symbol]++
	}
	harmonic := 0.0
	for k := range symbols {
		harmonic += 1 / float64(k+1)
	}
	for k := range symbols {
		want := draws / (float64(k+1) * harmonic)
		if got := seen[w.instruments[k].symbol]; math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("%s has %g updates, want %g", w.instruments[k].symbol, got, want)
		}
	}
}

func TestOnlyActiveSymbolsChange(t *testing.T) {
	t.Parallel()
	w := newWorld(Config{Symbols: 500, Active: 5, Seed: 1})
	seen := map[market.Symbol]int{}
	var u market.Update
	for range 1000 {
		w.next(&u)
		seen[u.Symbol]++
	}
	for k := range w.instruments {
		if symbol := w.instruments[k].symbol; (seen[symbol] > 0) != (k < 5) {
			t.Errorf("%s has %d updates", symbol, seen[symbol])
		}
	}
}

func TestPacerSendsNeitherMoreNorLessThanTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := pacer{rate: rapid.Int64Range(1, MaxRate).Draw(t, "rate")}
		var now, due time.Duration
		sent := int64(0)
		for range 30 {
			now += time.Duration(rapid.Int64Range(0, int64(50*time.Millisecond)).Draw(t, "wait"))
			for range p.due(now) {
				if due = p.next(); due > now {
					t.Fatalf("sent %d at %s, due %s", sent, now, due)
				}
				p.send()
				sent++
			}
			want := int64(now)*p.rate/int64(time.Second) + 1 // the first is due at 0
			// A time that is rounded down to a nanosecond may come one event early.
			if early := sent - want; early < 0 || early > 1 || p.next() <= now {
				t.Fatalf("%d sent by %s, want %d; next due %s", sent, now, want, p.next())
			}
		}
	})
}

func TestTimesFollowAWallClockThatIsAheadAndNeverGoBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run{world: newWorld(Config{Symbols: 1}), to: deafSink{}, pace: pacer{rate: 1000}}
		r.open()
		step := func() int64 {
			time.Sleep(10 * time.Millisecond)
			r.turn()
			return time.Now().UnixMicro() - r.u.TS
		}
		if behind := step(); behind < 0 || behind > 1000 {
			t.Errorf("%d µs behind", behind)
		}
		r.wall -= time.Hour.Microseconds() // as if the wall clock had been set ahead since
		if behind := step(); behind < 0 || behind > 1000 {
			t.Errorf("%d µs behind after the clock was set ahead", behind)
		}
		r.wall += time.Hour.Microseconds() // as if it had been set back
		before := r.u.TS
		step()
		if passed := r.u.TS - before; passed < time.Hour.Microseconds() {
			t.Errorf("%d µs passed after the clock was set back", passed)
		}
	})
}

func TestSimulatedUpdateAllocatesNothing(t *testing.T) {
	r := run{world: newWorld(Config{Symbols: 10}), to: deafSink{}, pace: pacer{rate: MaxRate}}
	r.open()
	allocs := testing.AllocsPerRun(100, func() { r.turn() })
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations a turn", allocs)
	}
}
