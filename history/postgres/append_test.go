package postgres

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/history"
	"ticker/market"
)

func TestABatchThatComesAgainGoesByTheStagingTable(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	conn := connect(t, url)
	s := openStore(t, url)
	first := batch("e", trade("A", noon, 1, 100, 120), trade("A", noon+second, 2, 90))
	appendAll(t, s, first, first)
	appendAll(t, openStore(t, url), first) // which has not heard of the symbol
	// One sample is new, one is there, and one stands twice.
	fresh := trade("A", noon+2*second, 3, 110)
	appendAll(t, s, batch("e", trade("A", noon, 1, 999), fresh, fresh))
	expect(t, conn, `select format('%s %s', seq, bar_close) from ticker.quotes order by seq`, "1 1.20", "2 0.90", "3 1.10")
	expect(t, conn, `select format('%s %s %s %s, %s of %s', open, high, low, close, trades, volume) from ticker.candles`,
		"1.00 1.20 0.90 1.10, 4 of 6.0")
}

func TestASampleThatNoColumnHoldsIsRefusedWithItsBatch(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	edit := func(do func(*market.Sample)) market.Sample {
		sample := trade("BAD", noon, 2, 100)
		do(&sample)
		return sample
	}
	for name, bad := range map[string]market.Sample{
		"a zero byte":       edit(func(s *market.Sample) { s.Source = "a\x00b" }),
		"no UTF-8":          edit(func(s *market.Sample) { s.Source = "\xff" }),
		"a long sequence":   edit(func(s *market.Sample) { s.Seq = math.MaxInt64 + 1 }),
		"countless trades":  edit(func(s *market.Sample) { s.Bar.Trades = math.MaxUint64 }),
		"the end of time":   edit(func(s *market.Sample) { s.Recv = math.MaxInt64 }),
		"before all time":   edit(func(s *market.Sample) { s.Recv = math.MinInt64 }),
		"a time that is no": edit(func(s *market.Sample) { s.TS = math.MinInt64 }),
	} {
		err := s.Append(t.Context(), batch("e", trade("GOOD", noon, 1, 100), bad))
		if !errors.Is(err, history.ErrSample) {
			t.Errorf("%s: %v", name, err)
		}
	}
	expect(t, connect(t, url), `select symbol from ticker.quotes union select symbol from ticker.symbols
		union select symbol from ticker.candles union select day::text from ticker.days where written is not null`)
	appendAll(t, s, batch("e", trade("GOOD", noon, 1, 100)))
}

func TestADayThatAnOperatorTookAwayIsNoFaultOfTheSample(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	b := batch("e", trade("A", noon, 1))
	appendAll(t, s, b)
	execute(t, connect(t, url), `drop table ticker.quotes_20240301`)
	if err := s.Append(t.Context(), b); err == nil || errors.Is(err, history.ErrSample) {
		t.Errorf("append: %v", err)
	}
}

func TestTheEdgesOfTimeAreKept(t *testing.T) {
	t.Parallel()
	s := openStore(t, server.Server(t).NewDatabase(t))
	for i, at := range []int64{minTime, -1, 0, maxTime} {
		appendAll(t, s, batch("e", trade("A", at, uint64(i+1), 100)))
	}
	span := history.Span{From: math.MinInt64, To: math.MaxInt64}
	samples, err := s.Between(t.Context(), []market.Pattern{parsePattern(t, "*")}, span, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for i := range samples {
		got = append(got, samples[i].Recv)
	}
	if diff := gocmp.Diff([]int64{minTime, -1, 0, maxTime}, got); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	for at, want := range map[int64]uint64{math.MaxInt64: 4, maxTime - 1: 3, -1: 2, math.MinInt64: 1} {
		if got := asOf(t, s, "A", at)["A"]; got != want {
			t.Errorf("as of %d: %d, not %d", at, got, want)
		}
	}
}

// TestStoredCandlesAreThoseOfTheSamples appends parts of random minutes in any
// order, some of them twice.
func TestStoredCandlesAreThoseOfTheSamples(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	s := openStore(t, url)
	conn := connect(t, url)
	rapid.Check(t, func(r *rapid.T) {
		b := batch(rapid.SampledFrom([]string{"e1", "e2"}).Draw(r, "epoch"))
		for range rapid.IntRange(1, 12).Draw(r, "samples") {
			at := noon + rapid.Int64Range(-200, 200).Draw(r, "second")*second
			prices := rapid.SliceOfN(rapid.Int64Range(-5, 5), 0, 3).Draw(r, "prices")
			symbol := rapid.SampledFrom([]market.Symbol{"A", "B"}).Draw(r, "symbol")
			b.Samples = append(b.Samples, trade(symbol, at, rapid.Uint64Range(1, 9).Draw(r, "seq"), prices...))
		}
		slices.SortStableFunc(b.Samples, func(x, y market.Sample) int { return cmp.Compare(x.Recv, y.Recv) })
		appendAll(t, s, b)
	})
	expectWholeCandles(t, conn)
	span := history.Span{From: noon - hour, To: noon + hour}
	for _, symbol := range []market.Symbol{"A", "B"} {
		stored, err := s.Candles(t.Context(), &history.CandlesQuery{Symbol: symbol, Span: span, Step: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		samples, err := s.Between(t.Context(), []market.Pattern{parsePattern(t, string(symbol))}, span, math.MaxInt)
		if err != nil {
			t.Fatal(err)
		}
		fold := history.NewFolder(time.Minute)
		for i := range samples {
			fold.Add(samples[i].Recv, &samples[i].Bar)
		}
		if diff := gocmp.Diff(texts(fold.Candles()), texts(stored)); diff != "" {
			t.Errorf("candles of %s (-samples +stored):\n%s", symbol, diff)
		}
	}
}

// texts writes candles out, numbers without zeros at their ends.
func texts(candles []market.Candle) []string {
	var lines []string
	for i := range candles {
		c := &candles[i]
		line := micros(c.TS).Format(time.RFC3339) + " " + strings.Repeat("|", int(c.Trades))
		for _, n := range []string{c.Open.String(), c.High.String(), c.Low.String(), c.Close.String(), c.Volume.String()} {
			line += " " + strings.TrimSuffix(strings.TrimRight(n, "0"), ".")
		}
		lines = append(lines, line)
	}
	return lines
}
