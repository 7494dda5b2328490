package book

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

// wallClock is a clock that a test sets, in microseconds.
type wallClock struct{ at int64 }

func (c *wallClock) now() time.Time { return time.UnixMicro(c.at) }

func newSampled(every time.Duration, clock *wallClock) *Book {
	return New(Config{Encode: encodeFields, Now: clock.now, Sampling: &Sampling{Every: every}})
}

// tradeOf is an update of one trade.
func tradeOf(symbol market.Symbol, price, size, recv int64) *market.Update {
	u := &market.Update{Symbol: symbol, Trade: true, Recv: recv}
	u.Put(market.Last, market.NewDecimal(price, 0))
	u.Put(market.LastSize, market.NewDecimal(size, 0))
	return u
}

// seen is what a test wants to see of a sample.
func seen(samples []market.Sample) []string {
	var lines []string
	for _, s := range samples {
		b := s.Bar
		lines = append(lines, fmt.Sprintf("%s seq=%d recv=%d last=%v trades=%d o=%v h=%v l=%v c=%v v=%v",
			s.Symbol, s.Seq, s.Recv, s.Values[market.Last], b.Trades, b.Open, b.High, b.Low, b.Close, b.Volume))
	}
	return lines
}

func expectSamples(t *testing.T, got []market.Sample, want ...string) {
	t.Helper()
	if diff := gocmp.Diff(want, seen(got)); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

func TestAChangedSymbolLeavesOneSampleAPeriod(t *testing.T) {
	t.Parallel()
	clock := &wallClock{at: 5_000_000}
	b := newSampled(time.Second, clock)
	apply(t, b, tradeOf("A", 10, 1, 5_100_000))
	apply(t, b, tradeOf("A", 30, 2, 5_200_000))
	apply(t, b, tradeOf("A", 20, 4, 5_900_000))
	clock.at = 5_999_999
	expectSamples(t, b.Samples(nil, false))
	clock.at = 6_000_000
	expectSamples(t, b.Samples(nil, false), "A seq=3 recv=5900000 last=20 trades=3 o=10 h=30 l=10 c=20 v=7")
	clock.at = 9_000_000
	expectSamples(t, b.Samples(nil, true))
}

func TestAnUpdateOfAnotherPeriodEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	clock := &wallClock{at: 5_000_000}
	b := newSampled(time.Second, clock)
	apply(t, b, tradeOf("A", 10, 1, 5_999_999))
	apply(t, b, tradeOf("A", 11, 1, 6_000_000))
	apply(t, b, tradeOf("A", 12, 1, 3_000_000)) // of a clock behind ours
	clock.at = 6_500_000
	got := b.Samples(nil, true)
	slices.SortFunc(got, func(a, b market.Sample) int { return cmp.Compare(a.Seq, b.Seq) })
	expectSamples(t, got,
		"A seq=1 recv=5999999 last=10 trades=1 o=10 h=10 l=10 c=10 v=1",
		"A seq=2 recv=6000000 last=11 trades=1 o=11 h=11 l=11 c=11 v=1",
		"A seq=3 recv=3000000 last=12 trades=1 o=12 h=12 l=12 c=12 v=1")
}

func TestAPeriodFarAheadIsOfAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	clock := &wallClock{at: 5_000_000}
	b := newSampled(time.Second, clock)
	apply(t, b, tradeOf("A", 10, 1, 6_100_000)) // the clocks of two processors may differ
	apply(t, b, tradeOf("B", 10, 1, 60_000_000))
	expectSamples(t, b.Samples(nil, false), "B seq=1 recv=60000000 last=10 trades=1 o=10 h=10 l=10 c=10 v=1")
}

func TestWithoutAPeriodEveryUpdateIsASample(t *testing.T) {
	t.Parallel()
	b := newSampled(0, &wallClock{at: 5_000_000})
	apply(t, b, tradeOf("A", 10, 1, 7))
	quote := bidOf(t, "A", "9")
	quote.Recv = 8
	apply(t, b, quote)
	expectSamples(t, b.Samples(nil, false),
		"A seq=1 recv=7 last=10 trades=1 o=10 h=10 l=10 c=10 v=1",
		"A seq=2 recv=8 last=10 trades=0 o=0 h=0 l=0 c=0 v=0")
	expectSamples(t, b.Samples(nil, true))
}

func TestATradeWithoutASizeCountsAndAddsNothing(t *testing.T) {
	t.Parallel()
	b := newSampled(0, &wallClock{at: 1})
	u := &market.Update{Symbol: "A", Trade: true, Recv: 1}
	u.Put(market.Last, market.NewDecimal(10, 0))
	u.Values[market.LastSize] = market.NewDecimal(99, 0) // not in Set
	apply(t, b, u)
	expectSamples(t, b.Samples(nil, false), "A seq=1 recv=1 last=10 trades=1 o=10 h=10 l=10 c=10 v=0")
}

func TestTradesThatAnUpdateStandsForAreSampled(t *testing.T) {
	t.Parallel()
	b := newSampled(0, &wallClock{at: 1})
	var bar market.Bar
	bar.Trade(market.NewDecimal(5, 0), market.NewDecimal(1, 0))
	bar.Trade(market.NewDecimal(3, 0), market.NewDecimal(1, 0))
	u := bidOf(t, "A", "9")
	u.Recv, u.Trades = 1, &bar
	apply(t, b, u)
	expectSamples(t, b.Samples(nil, false), "A seq=1 recv=1 last=0 trades=2 o=5 h=5 l=3 c=3 v=2")
}

func TestStalenessIsSampled(t *testing.T) {
	t.Parallel()
	clock := &wallClock{at: 5_000_000}
	b := newSampled(time.Second, clock)
	u := bidOf(t, "A", "9")
	u.Source = b.Source("sim")
	apply(t, b, u)
	b.Samples(nil, true)
	b.MarkStale(u.Source, market.Silent)
	got := b.Samples(nil, true)
	if len(got) != 1 || got[0].Status != market.Stale || got[0].Seq != 2 || got[0].Reason != market.Silent {
		t.Errorf("samples after staleness: %+v", got)
	}
}

func TestSamplesThatNobodyTakesAreBoundedAndCounted(t *testing.T) {
	t.Parallel()
	b := newSampled(0, &wallClock{at: 1})
	u := bidOf(t, "A", "9")
	for range maxHeld + 3 {
		apply(t, b, u)
	}
	got := b.Samples(nil, false)
	if len(got) != maxHeld || b.LostSamples() != 3 {
		t.Errorf("%d samples taken and %d lost, want %d and 3", len(got), b.LostSamples(), maxHeld)
	}
	apply(t, b, u)
	if got := b.Samples(nil, false); len(got) != 1 {
		t.Errorf("%d samples after there was room again, want 1", len(got))
	}
}

func TestABookWithoutSamplingHasNoSamples(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	apply(t, b, bidOf(t, "A", "9"))
	if got := b.Samples(nil, true); len(got) != 0 || b.LostSamples() != 0 {
		t.Errorf("%d samples, %d lost", len(got), b.LostSamples())
	}
}

// TestSamplesHoldEveryTradeInItsPeriod compares, period by period, the samples
// of random updates with all of their trades.
func TestSamplesHoldEveryTradeInItsPeriod(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const every = 1000 // microseconds
		clock := &wallClock{at: 10_000}
		b := newSampled(every*time.Microsecond, clock)
		type place struct {
			symbol market.Symbol
			period int64
		}
		want, got := make(map[place]*market.Bar), make(map[place]*market.Bar)
		at := func(m map[place]*market.Bar, symbol market.Symbol, recv int64) *market.Bar {
			p := place{symbol, recv / every}
			if m[p] == nil {
				m[p] = new(market.Bar)
			}
			return m[p]
		}
		newest := make(map[market.Symbol]market.Sample)
		take := func(all bool) {
			samples := b.Samples(nil, all)
			slices.SortStableFunc(samples, func(x, y market.Sample) int { return cmp.Compare(x.Seq, y.Seq) })
			for _, s := range samples {
				at(got, s.Symbol, s.Recv).Merge(&s.Bar)
				if s.Seq <= newest[s.Symbol].Seq {
					t.Fatalf("sample of %s with seq %d after %d", s.Symbol, s.Seq, newest[s.Symbol].Seq)
				}
				newest[s.Symbol] = s
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			clock.at += rapid.Int64Range(0, 700).Draw(t, "pass")
			symbol := rapid.SampledFrom([]market.Symbol{"A", "B", "C"}).Draw(t, "symbol")
			recv := clock.at - rapid.SampledFrom([]int64{0, 0, 0, 30, 5000}).Draw(t, "behind")
			u := tradeOf(symbol, rapid.Int64Range(1, 9).Draw(t, "price"), 1, recv)
			u.Trade = rapid.Bool().Draw(t, "trade")
			if b.Apply(u) != market.Accepted {
				t.Fatal("not accepted")
			}
			bar := at(want, symbol, recv)
			if u.Trade {
				bar.Trade(u.Values[market.Last], u.Values[market.LastSize])
			}
			if rapid.IntRange(0, 3).Draw(t, "take") == 0 {
				take(false)
			}
		}
		take(true)
		same := gocmp.Comparer(func(a, b market.Bar) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
		if diff := gocmp.Diff(want, got, same); diff != "" {
			t.Errorf("bars by period (-all trades +samples):\n%s", diff)
		}
		for symbol, s := range newest {
			if q := b.Find(symbol).Quote(); s.Quote != q {
				t.Errorf("newest sample %+v, record %+v", s.Quote, q)
			}
		}
	})
}

func TestSamplesTakenBesideFeedsAreAllThere(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{0, time.Millisecond} {
		b := New(Config{Encode: encodeFields, Sampling: &Sampling{Every: every}})
		const feeds, updates = 4, 2000
		var group sync.WaitGroup
		for range feeds {
			group.Go(func() {
				for i := range updates {
					u := tradeOf(market.Symbol(fmt.Sprintf("S%d", i%7)), 1, 1, 0)
					b.Apply(u)
				}
			})
		}
		done := make(chan struct{})
		go func() { group.Wait(); close(done) }()
		var trades uint64
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			for _, s := range b.Samples(nil, !running) {
				trades += s.Bar.Trades
			}
		}
		if trades != feeds*updates {
			t.Errorf("every %v: %d trades in samples, want %d", every, trades, feeds*updates)
		}
	}
}

func TestRestoredRecordsAreStaleUntilTheirFeedSpeaks(t *testing.T) {
	t.Parallel()
	clock := &wallClock{at: 5_000_000}
	b := newSampled(time.Second, clock)
	old := market.Quote{
		Symbol: "A", Seq: 77, TS: 1, Recv: 2, Source: "sim",
		Known: market.Fields(0).With(market.Bid), Status: market.Live,
	}
	old.Values[market.Bid] = decimal(t, "9.50")
	if !b.Restore(&old) {
		t.Fatal("Restore refused the record of an empty book")
	}
	want := old
	want.Seq, want.Status, want.Reason = 1, market.Stale, market.Disconnected
	if got := b.Find("A").Quote(); got != want {
		t.Errorf("restored record %+v, want %+v", got, want)
	}
	if symbols, _ := b.Roster().Symbols("", "", 10); !slices.Equal(symbols, []market.Symbol{"A"}) {
		t.Errorf("symbols %v", symbols)
	}
	expectSamples(t, b.Samples(nil, true))
	bid := Want{Fields: market.Fields(0).With(market.Bid)}
	if _, got := b.Find("A").Append(nil, &bid); !got.Appended {
		t.Error("a restored record is no news to who waits for its bid")
	}
	if b.Restore(&old) {
		t.Error("Restore took the place of a record")
	}

	u := &market.Update{Symbol: "A", Recv: 5_000_000, Source: b.Source("sim")}
	u.Put(market.Ask, decimal(t, "10"))
	apply(t, b, u)
	got := b.Find("A").Quote()
	if got.Status != market.Live || got.Seq != 2 || got.Values[market.Bid] != old.Values[market.Bid] {
		t.Errorf("record after its feed spoke: %+v", got)
	}
}

func TestARestoredHaltLastsUntilTheFeedEndsIt(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	b.Restore(&market.Quote{Symbol: "A", Seq: 3, Status: market.Halted, Source: "sim"})
	u := bidOf(t, "A", "1")
	u.Source = b.Source("sim")
	apply(t, b, u)
	if got := b.Find("A").Quote().Status; got != market.Halted {
		t.Errorf("status %v, want halted", got)
	}
}

func TestRestoreKeepsToTheLimitOfSymbols(t *testing.T) {
	t.Parallel()
	b := newBook(t, 1)
	if !b.Restore(&market.Quote{Symbol: "A"}) || b.Restore(&market.Quote{Symbol: "B"}) {
		t.Error("a book of one symbol did not restore exactly the first")
	}
}

func TestAShardFillsWholeCacheLines(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(shard{}); size%128 != 0 {
		t.Errorf("a shard has %d bytes: neighbours share a line", size)
	}
}

func TestWhatIsAcceptedBeforeSampledHasBeenHandedOut(t *testing.T) {
	t.Parallel()
	clock := &wallClock{}
	b := newSampled(time.Second, clock)
	for _, step := range []struct {
		at, recv     int64 // of the look, and of an update before it
		handed, sure int64
	}{
		{5_500_000, 5_400_000, 0, 0},
		{5_600_000, 5_550_000, 0, 5_000_000},
		{6_000_000, 5_999_999, 1, 5_000_000},
		{6_050_000, 6_010_000, 0, 6_000_000},
		{9_100_000, 9_010_000, 1, 6_000_000}, // the update of the period before is put aside
		{9_150_000, 9_110_000, 0, 9_000_000},
	} {
		clock.at = step.at
		apply(t, b, tradeOf("A", 10, 1, step.recv))
		if got := b.Samples(nil, false); int64(len(got)) != step.handed || b.Sampled() != step.sure {
			t.Errorf("at %d: %d samples, sure of what is before %d, want %d and %d",
				step.at, len(got), b.Sampled(), step.handed, step.sure)
		}
	}
}

func TestWithoutAPeriodSampledIsTheLookBefore(t *testing.T) {
	t.Parallel()
	clock := &wallClock{at: 5}
	b := newSampled(0, clock)
	b.Samples(nil, false)
	clock.at = 7
	b.Samples(nil, false)
	if b.Sampled() != 5 || New(Config{}).Sampled() != 0 {
		t.Errorf("sure of what is before %d", b.Sampled())
	}
}
