package sim_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ticker/feed/sim"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tape remembers the first updates of a run, and ends it.
type tape struct {
	updates []market.Update
	at      []time.Time
	limit   int
	stall   func(seen int)
	end     context.CancelFunc
}

func (t *tape) Connected() {}

func (t *tape) Update(u *market.Update) {
	if len(t.updates) == t.limit {
		return
	}
	t.updates = append(t.updates, *u)
	t.at = append(t.at, time.Now())
	if t.stall != nil {
		t.stall(len(t.updates))
	}
	if len(t.updates) == t.limit {
		t.end()
	}
}

func (t *tape) Alive()               {}
func (t *tape) Reject(error, []byte) {}

// record runs a market for a number of updates. It wants a synctest bubble.
func record(t *testing.T, cfg sim.Config, limit int, stall func(seen int)) *tape {
	t.Helper()
	source, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	to := &tape{limit: limit, stall: stall, end: cancel}
	var wg sync.WaitGroup
	wg.Go(func() { _ = source.Run(ctx, to) })
	wg.Wait()
	return to
}

// events writes updates down without their times.
func events(updates []market.Update) []string {
	var all []string
	for _, u := range updates {
		text := string(u.Symbol)
		if u.Trade {
			text += " trade"
		}
		for f := range market.NumValues {
			if u.Set.Has(f) {
				text += fmt.Sprintf(" %s=%s", f, u.Values[f])
			}
		}
		all = append(all, text)
	}
	return all
}

func TestSameSeedIsTheSameMarketAtAnyPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{Symbols: 50, Rate: 1000, Seed: 7}
		want := events(record(t, cfg, 5000, nil).updates)
		cfg.Rate = 77_777
		stalled := record(t, cfg, 5000, func(seen int) {
			if seen%1000 == 0 {
				time.Sleep(time.Second)
			}
		})
		if diff := cmp.Diff(want, events(stalled.updates)); diff != "" {
			t.Errorf("another market (-want +got):\n%s", diff)
		}
		cfg.Seed = 8
		if cmp.Equal(want, events(record(t, cfg, 5000, nil).updates)) {
			t.Error("another seed is the same market")
		}
	})
}

// People compare what they saw under a seed: its market may not change by
// accident, neither with the version nor with the machine.
func TestMarketOfASeedIsWrittenDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := events(record(t, sim.Config{Symbols: 2, Rate: 1000, Seed: 1}, 8, nil).updates)
		want := []string{
			"SYM0001 bid=313.72 bidSize=100 ask=313.75 askSize=100 last=313.72 lastSize=100 open=313.72 high=313.72 low=313.72 volume=0",
			"SYM0002 bid=30.91 bidSize=100 ask=30.95 askSize=100 last=30.91 lastSize=100 open=30.91 high=30.91 low=30.91 volume=0",
			"SYM0002 bid=30.91 bidSize=700 ask=30.95 askSize=1800",
			"SYM0002 bid=30.90 bidSize=400 ask=30.93 askSize=900",
			"SYM0001 bid=313.72 bidSize=700 ask=313.74 askSize=300",
			"SYM0001 bid=313.72 bidSize=1300 ask=313.74 askSize=400",
			"SYM0001 bid=313.72 bidSize=1100 ask=313.77 askSize=1000",
			"SYM0002 bid=30.89 bidSize=1600 ask=30.92 askSize=1800",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("market of seed 1 (-want +got):\n%s", diff)
		}
	})
}

func TestRunBeginsWithAFullRecordOfEverySymbolAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const symbols = 10_001
		got := record(t, sim.Config{Symbols: symbols, Rate: 1, Seed: 1}, symbols, nil)
		began := got.at[0]
		for i, u := range got.updates {
			if want := market.Symbol(fmt.Sprintf("SYM%04d", i+1)); u.Symbol != want {
				t.Fatalf("record %d is of %s, want %s", i, u.Symbol, want)
			}
			if u.Set != market.AllValues || u.Trade || !got.at[i].Equal(began) || u.TS != began.UnixMicro() {
				t.Fatalf("%s: %+v", u.Symbol, u)
			}
		}
		if last := got.updates[symbols-1].Symbol; last != "SYM10001" {
			t.Errorf("the last symbol is %s", last)
		}
	})
}

func TestEveryUpdateComesWhenItIsDue(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 3, 999, 20_000, sim.MaxRate} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := record(t, sim.Config{Symbols: 1, Rate: rate, Seed: 1}, 2+min(2*rate, 20_000), nil)
				began := got.at[0]
				for k, u := range got.updates[1:] {
					due := began.Add(time.Duration(k * int(time.Second) / rate))
					if u.TS != due.UnixMicro() {
						t.Fatalf("update %d has ts %d, want %d", k, u.TS, due.UnixMicro())
					}
					if late := got.at[1+k].Sub(due); late < 0 || late > time.Millisecond {
						t.Fatalf("update %d comes %s late", k, late)
					}
				}
			})
		})
	}
}

func TestAfterAStallATenthOfASecondIsCaughtUp(t *testing.T) {
	t.Parallel()
	for _, stall := range []time.Duration{99 * time.Millisecond, time.Second, time.Hour} {
		t.Run(stall.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const rate, stallAt = 10_000, 500
				got := record(t, sim.Config{Symbols: 1, Rate: rate, Seed: 1}, 4000, func(seen int) {
					if seen == stallAt {
						time.Sleep(stall)
					}
				})
				atOnce := map[time.Time]int{}
				burst := 0
				for i := stallAt; i < len(got.updates); i++ {
					atOnce[got.at[i]]++
					burst = max(burst, atOnce[got.at[i]])
					if got.updates[i].TS < got.updates[i-1].TS {
						t.Fatal("ts goes back")
					}
				}
				// The turn behind a stall is a millisecond, 10 updates, later.
				if want := int(min(stall, 100*time.Millisecond) * rate / time.Second); burst < want || burst > want+11 {
					t.Errorf("%d updates at once after the stall, want %d", burst, want)
				}
				last := len(got.updates) - 1
				if late := got.at[last].UnixMicro() - got.updates[last].TS; late > 1000 {
					t.Errorf("still %d µs late", late)
				}
			})
		})
	}
}

func TestOptionsAreReadOrNamed(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]struct {
		cfg sim.Config
		err string
	}{
		"":                             {sim.Config{Symbols: 500, Rate: 20_000, Seed: 1}, ""},
		"symbols=7&rate=3&seed=0":      {sim.Config{Symbols: 7, Rate: 3}, ""},
		"symbols=100000&rate=5000000":  {sim.Config{Symbols: 100_000, Rate: 5_000_000, Seed: 1}, ""},
		"seed=18446744073709551615":    {sim.Config{Symbols: 500, Rate: 20_000, Seed: 1<<64 - 1}, ""},
		"symbol=7":                     {err: `unknown option "symbol": want active, rate, seed or symbols`},
		"symbols=7&active=7":           {sim.Config{Symbols: 7, Active: 7, Rate: 20_000, Seed: 1}, ""},
		"symbols=7&active=8":           {err: "active must be 0 to the 7 symbols, not 8"},
		"active=-1":                    {err: "active must be"},
		"symbols=0":                    {err: "symbols must be 1 to 100000, not 0"},
		"symbols=100001":               {err: "symbols must be 1 to 100000, not 100001"},
		"rate=0":                       {err: "rate must be 1 to 5000000 updates a second, not 0"},
		"rate=5000001":                 {err: "rate must be"},
		"rate=-1":                      {err: "rate must be"},
		"rate=fast":                    {err: `rate must be a whole number, not "fast"`},
		"rate=":                        {err: `rate must be a whole number, not ""`},
		"seed=-1":                      {err: `seed must be a whole number, not "-1"`},
		"rate=1&rate=2":                {err: `"rate" is given 2 times`},
		"symbols=99999999999999999999": {err: "symbols must be a whole number"},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			options, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := sim.ParseOptions(options)
			if got != want.cfg || (err == nil) != (want.err == "") || err != nil && !strings.Contains(err.Error(), want.err) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []sim.Config{{}, {Symbols: 1}, {Rate: 1}, {Symbols: sim.MaxSymbols + 1, Rate: 1}, {Symbols: 1, Rate: sim.MaxRate + 1}, {Symbols: 1, Active: 2, Rate: 1}} {
		if _, err := sim.New(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
