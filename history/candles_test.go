package history_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/history"
	"ticker/market"
)

// texts compares numbers by their digits.
func texts() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b market.Decimal) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b market.Total) bool { return a.String() == b.String() }),
	}
}

// drawSamples draws samples around the beginning of time, few enough of minutes
// and symbols that they share them, each at a position of its own.
func drawSamples(t *rapid.T) []market.Sample {
	samples := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) market.Sample {
		var s market.Sample
		s.Symbol = rapid.SampledFrom([]market.Symbol{"A", "B"}).Draw(t, "symbol")
		s.Recv = rapid.Int64Range(-2*minute, 2*minute).Draw(t, "recv")
		for range rapid.IntRange(0, 3).Draw(t, "trades") {
			price := market.NewDecimal(rapid.Int64Range(-50, 50).Draw(t, "price"), 1)
			s.Bar.Trade(price, market.NewDecimal(rapid.Int64Range(0, 9).Draw(t, "size"), 0))
		}
		return s
	}), 0, 30).Draw(t, "samples")
	for i := range samples {
		samples[i].Seq = uint64(i + 1)
	}
	return samples
}

func positionOf(s *market.Sample) history.Position {
	return history.Position{Recv: s.Recv, Seq: s.Seq, Epoch: "e"}
}

// foldSlowly sums up the trades of a symbol in one step of time.
func foldSlowly(samples []market.Sample, symbol market.Symbol, ts, step int64) market.Candle {
	c := market.Candle{TS: ts}
	for i := range samples {
		if s := &samples[i]; s.Symbol == symbol && s.Recv >= ts && s.Recv < ts+step {
			c.Merge(&s.Bar)
		}
	}
	return c
}

func byPosition(samples []market.Sample) []market.Sample {
	return slices.SortedFunc(slices.Values(samples), func(a, b market.Sample) int { return positionOf(&a).Compare(positionOf(&b)) })
}

func TestCandlesOfSamplesAreCandlesOfEveryTrade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := byPosition(drawSamples(t))
		step := rapid.Int64Range(1, 90).Draw(t, "seconds") * second
		folder := history.NewFolder(time.Duration(step) * time.Microsecond)
		for i := range samples {
			if samples[i].Symbol == "A" {
				folder.Add(samples[i].Recv, &samples[i].Bar)
			}
		}
		var want []market.Candle
		for ts := -200 * step; ts < 200*step; ts += step {
			if c := foldSlowly(samples, "A", ts, step); c.Trades > 0 {
				want = append(want, c)
			}
		}
		if diff := cmp.Diff(want, folder.Candles(), texts()); diff != "" {
			t.Fatalf("candles (-want +got):\n%s", diff)
		}
	})
}

func TestMinutesOfABatchAreThoseOfEveryTradeInItInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batch := history.Batch{Epoch: "e", Samples: drawSamples(t)}
		sorted := byPosition(batch.Samples)
		got := batch.Minutes()
		var trades uint64
		for _, m := range got {
			trades += m.Trades
			of := slices.DeleteFunc(slices.Clone(sorted), func(s market.Sample) bool {
				return s.Symbol != m.Symbol || s.Recv < m.TS || s.Recv >= m.TS+minute || s.Bar.Trades == 0
			})
			want := history.Minute{
				Symbol: m.Symbol, Candle: foldSlowly(sorted, m.Symbol, m.TS, minute), First: positionOf(&of[0]), Last: positionOf(&of[len(of)-1]),
			}
			if diff := cmp.Diff(want, m, texts()); diff != "" || m.TS%minute != 0 {
				t.Fatalf("minute (-want +got):\n%s", diff)
			}
		}
		for i := range sorted {
			trades -= sorted[i].Bar.Trades
		}
		if trades != 0 {
			t.Fatal("the minutes do not have the trades of the batch")
		}
	})
}

func TestPartsOfAMinuteMergeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := history.Batch{Epoch: "e", Samples: drawSamples(t)}
		merged := make(map[market.Symbol]map[int64]*history.Minute)
		for _, i := range rapid.Permutation(indexes(len(whole.Samples))).Draw(t, "order") {
			one := history.Batch{Epoch: "e", Samples: whole.Samples[i : i+1]}
			for _, m := range one.Minutes() {
				of := merged[m.Symbol]
				if of == nil {
					of = make(map[int64]*history.Minute)
					merged[m.Symbol] = of
				}
				if before := of[m.TS]; before != nil {
					before.Merge(&m)
				} else {
					of[m.TS] = &m
				}
			}
		}
		for _, want := range whole.Minutes() {
			if diff := cmp.Diff(&want, merged[want.Symbol][want.TS], texts()); diff != "" {
				t.Fatalf("minute (-at once +in parts):\n%s", diff)
			}
		}
	})
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestPositionsAreOrderedByTimeThenSequenceThenEpoch(t *testing.T) {
	t.Parallel()
	ordered := []history.Position{
		{Recv: -1, Seq: 9, Epoch: "z"}, {Recv: 0, Seq: 1, Epoch: "z"}, {Recv: 0, Seq: 2, Epoch: "a"}, {Recv: 0, Seq: 2, Epoch: "b"}, {Recv: 1},
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := a.Compare(b), min(1, max(-1, i-j)); got != want {
				t.Errorf("%v compares to %v as %d, want %d", a, b, got, want)
			}
		}
	}
}
