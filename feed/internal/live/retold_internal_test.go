package live

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
)

// words is a trade as a message words it.
type words struct {
	symbol market.Symbol
	ts     int64
	trade
	origin
}

// knows is how retold must answer to the last of some words, by looking at all of
// them: what is older than the newest is old, of equal ones with a mark there is one,
// and of those without as many as one message ever told.
func knows(all []words) bool {
	last := all[len(all)-1]
	before, now := make(map[origin]int), make(map[origin]int)
	for i, w := range all {
		if w.symbol != last.symbol {
			continue
		}
		if w.ts > last.ts {
			return true
		}
		if w.ts == last.ts && w.equal(last.trade) {
			now[w.origin]++
			if i < len(all)-1 {
				before[w.origin]++
			}
		}
	}
	if last.mark != 0 {
		return len(before) > 0
	}
	return most(now) == most(before)
}

func most(of map[origin]int) int {
	n := 0
	for _, times := range of {
		n = max(n, times)
	}
	return n
}

func TestTradesAreKnownAsToOneWhoRemembersAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := newRetold(epoch)
		var all []words
		from := origin{line: 1}
		for range rapid.IntRange(0, 60).Draw(t, "trades") {
			if rapid.IntRange(0, 2).Draw(t, "same message") == 0 {
				from = origin{rapid.IntRange(1, 2).Draw(t, "line"), from.message + 1}
			}
			w := words{
				symbol: rapid.SampledFrom([]market.Symbol{"A", "B"}).Draw(t, "symbol"),
				ts:     rapid.Int64Range(1, 3).Draw(t, "ts"),
				trade: trade{
					price: decimal(t, rapid.SampledFrom([]string{"1", "1.0", "2"}).Draw(t, "price")),
					size:  decimal(t, rapid.SampledFrom([]string{"5", "6"}).Draw(t, "size")),
					mark:  rapid.Uint64Range(0, 2).Draw(t, "mark"),
				},
				origin: from,
			}
			all = append(all, w)
			if got, want := r.again(w.symbol, w.ts, w.trade, w.origin), knows(all); got != want {
				t.Fatalf("told again: %t, want %t, of %+v", got, want, all)
			}
		}
	})
}

func decimal(t *rapid.T, text string) market.Decimal {
	d, err := market.ParseDecimal([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// numbered returns one of many different trades.
func numbered(n int) trade { return trade{price: market.NewDecimal(int64(n), 2)} }

func TestWhatThereIsNoRoomForCounts(t *testing.T) {
	t.Parallel()
	r := newRetold(epoch)
	for message := range uint64(2) {
		known := 0
		for n := range maxTold + 10 {
			if r.again("A", 1, numbered(n), origin{1, message}) {
				known++
			}
		}
		if want := int(message) * maxTold; known != want { //nolint:gosec // 0 or 1.
			t.Errorf("%d trades of an instant were known, want %d", known, want)
		}
	}
	for n := range maxTraded + 10 {
		r.again(market.Symbol(strconv.Itoa(n)), 1, numbered(1), origin{1, 2})
	}
	if len(r.symbols) != maxTraded {
		t.Errorf("%d symbols are known", len(r.symbols))
	}
	if r.again("BEYOND", 1, numbered(1), origin{1, 3}) || r.again("BEYOND", 1, numbered(1), origin{1, 4}) {
		t.Error("a trade of a symbol beyond the bound is not counted")
	}
}

func TestALargeInstantIsForgottenWithTheNext(t *testing.T) {
	t.Parallel()
	r := newRetold(epoch)
	for n := range maxTold {
		r.again("A", 1, numbered(n), origin{1, 1})
	}
	r.again("A", 2, numbered(1), origin{1, 2})
	if got := cap(r.symbols["A"].told); got > keptTold {
		t.Errorf("there is room for %d trades still", got)
	}
}

func TestKnowingTradesDoesNotAllocate(t *testing.T) {
	r := newRetold(epoch)
	ts, message := int64(0), uint64(0)
	run := func() {
		ts++
		for range 2 {
			message++
			for n := range keptTold {
				r.again("A", ts, numbered(n), origin{1, message})
			}
		}
	}
	run()
	if allocs := testing.AllocsPerRun(100, run); allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}

// BenchmarkKnownTrade watches what it costs that a trade is looked for among those
// of its instant: it goes up if a trade of a new instant takes memory of its own.
func BenchmarkKnownTrade(b *testing.B) {
	b.ReportAllocs()
	r := newRetold(epoch)
	ts := int64(0)
	for b.Loop() {
		ts++
		r.again("AAPL", ts, numbered(1), origin{1, uint64(ts)})
		if !r.again("AAPL", ts, numbered(1), origin{1, uint64(ts) + 1}) {
			b.Fatal("a trade that was told before is new")
		}
	}
}

// epoch is a clock that stands still at 0.
func epoch() int64 { return 0 }

func TestATradeFromTheFutureHidesNoneThatFollows(t *testing.T) {
	t.Parallel()
	r := newRetold(epoch)
	const ahead = int64(3_600_000_000) // by an hour
	for i, step := range []struct {
		ts    int64
		again bool
	}{
		{1, false},
		{ahead, false},
		{2, false},
		{2, true},
		{1, true},
		{3, false},
		// A clock that is ahead for good has an order, too.
		{ahead, false},
		{ahead + 1, false},
		{ahead, true},
	} {
		if got := r.again("A", step.ts, numbered(7), origin{1, uint64(i)}); got != step.again {
			t.Errorf("step %d: told again %v, want %v", i, got, step.again)
		}
	}
}
