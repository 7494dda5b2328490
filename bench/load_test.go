package bench_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/bench"
	"ticker/market"
)

func TestStandardLoadIsTheOneThatFiguresAreQuotedFor(t *testing.T) {
	t.Parallel()
	l := bench.Standard()
	if err := l.Validate(); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"clients":1000,"symbols":1000,"subscriptions":50,"rate":100000,"interval":"100ms","duration":"20s","warmup":"3s",` +
		`"fields":["bid","bidSize","ask","askSize"],"seed":1}`
	if string(text) != want {
		t.Errorf("it is %s", text)
	}
	var back bench.Load
	if err := json.Unmarshal(text, &back); err != nil || back.Interval != l.Interval {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

func TestLoadsThatMakeNoSenseAreRefusedByName(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*bench.Load){
		"clients must be 1 to 1000000, not 0":   func(l *bench.Load) { l.Clients = 0 },
		"symbols must be 1 to":                  func(l *bench.Load) { l.Symbols = bench.MaxSymbols + 1 },
		"active symbols must be 0 to 1000":      func(l *bench.Load) { l.Active = 1001 },
		"subscriptions must be 0 to 1000":       func(l *bench.Load) { l.Subscriptions = 1001 },
		"rate must be 1 to":                     func(l *bench.Load) { l.Rate = 0 },
		"slow clients must be 0 to 1000":        func(l *bench.Load) { l.Slow = 1001 },
		"slow clients need a read rate":         func(l *bench.Load) { l.Slow = 1 },
		"read rate must be":                     func(l *bench.Load) { l.ReadRate = -1 },
		"read buffer must be":                   func(l *bench.Load) { l.ReadBuffer = -1 },
		"interval must be 1ms to 1m, not 999µs": func(l *bench.Load) { l.Interval = bench.Duration(999 * time.Microsecond) },
		"interval must be 1ms to 1m":            func(l *bench.Load) { l.Interval = bench.Duration(2 * time.Minute) },
		"duration must be 1s to 1h0m0s":         func(l *bench.Load) { l.Duration = 0 },
		"warm-up must be 0s to 1h0m0s":          func(l *bench.Load) { l.Warmup = -1 },
		`"price" is no value field`:             func(l *bench.Load) { l.Fields = []string{"bid", "price"} },
		`"status" is no value field`:            func(l *bench.Load) { l.Fields = []string{"status"} },
	} {
		l := bench.Standard()
		spoil(&l)
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestFieldsAreASetAndNoneMeansAll(t *testing.T) {
	t.Parallel()
	l := bench.Load{Fields: []string{"ask", "bid"}}
	if got := l.Set(); got != market.Fields(0).With(market.Bid).With(market.Ask) {
		t.Errorf("set %b", got)
	}
	l.Fields = nil
	if l.Set() != market.AllValues {
		t.Errorf("set %b", l.Set())
	}
}

func TestEveryClientHasItsOwnSymbolsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		symbols := rapid.IntRange(1, 2000).Draw(rt, "symbols")
		l := bench.Load{
			Symbols: symbols, Subscriptions: rapid.IntRange(1, symbols).Draw(rt, "subscriptions"),
			Seed: rapid.Uint64().Draw(rt, "seed"),
		}
		client := rapid.IntRange(0, 100_000).Draw(rt, "client")
		names := l.SubscriptionsOf(client)
		if len(slices.Compact(slices.Clone(names))) != l.Subscriptions || !slices.IsSorted(names) {
			rt.Fatalf("%d names: %v", len(names), names)
		}
		for _, name := range names {
			var n int
			if _, err := fmt.Sscanf(name, "SYM%04d", &n); err != nil || n < 1 || n > symbols || bench.SymbolName(n-1) != name {
				rt.Fatalf("%q is none of %d symbols", name, symbols)
			}
		}
		if again := l.SubscriptionsOf(client); !slices.Equal(names, again) {
			rt.Fatalf("%v, then %v", names, again)
		}
	})
}

func TestSymbolsArePickedEvenly(t *testing.T) {
	t.Parallel()
	l := bench.Standard()
	seen := map[string]int{}
	for client := range 1000 {
		for _, name := range l.SubscriptionsOf(client) {
			seen[name]++
		}
	}
	for i := range l.Symbols {
		// 50 are due; the chance of one so far off is below one in a million.
		if n := seen[bench.SymbolName(i)]; n < 15 || n > 95 {
			t.Errorf("%s has %d subscribers", bench.SymbolName(i), n)
		}
	}
}

func TestNoSubscriptionsMeansThePatternOfAll(t *testing.T) {
	t.Parallel()
	l := bench.Load{Symbols: 10}
	if got := l.SubscriptionsOf(3); !slices.Equal(got, []string{"*"}) {
		t.Errorf("subscribes to %v", got)
	}
}

func TestDurationsAreTextWithAUnit(t *testing.T) {
	t.Parallel()
	var d bench.Duration
	if err := json.Unmarshal([]byte(`"1m30s"`), &d); err != nil || d.Seconds() != 90 {
		t.Errorf("%v, %v", d, err)
	}
	if err := json.Unmarshal([]byte(`"90"`), &d); err == nil {
		t.Error("a duration without a unit was taken")
	}
}
