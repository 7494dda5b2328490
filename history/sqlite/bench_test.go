package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"ticker/history"
	"ticker/history/sqlite"
	"ticker/market"
)

// The benchmarks write as a recording of a thousand symbols does: each of them
// once a second, five seconds a batch.
const (
	benchSymbols = 1000
	benchSeconds = 5
	benchRows    = benchSymbols * benchSeconds

	benchDay    = dayZero
	benchSecond = int64(time.Second / time.Microsecond)
)

func benchSymbol(i int) market.Symbol { return market.Symbol(fmt.Sprintf("SYM%04d", i)) }

// benchBatch is the batch that follows n others.
func benchBatch(n int) *history.Batch {
	b := &history.Batch{Epoch: "K5VQ2RZT4M"}
	for s := range benchSeconds {
		at := n*benchSeconds + s
		for i := range benchSymbols {
			q := market.Sample{Quote: market.Quote{
				Symbol: benchSymbol(i), Seq: uint64(at*20 + 1), Recv: benchDay + int64(at)*benchSecond + int64(i), Source: "sim",
			}}
			q.TS = q.Recv - 1200
			q.Known = market.AllValues
			for f := range market.NumValues {
				q.Values[f] = market.NewDecimal(int64(18_000+i*7+at%50+int(f)), 2)
			}
			q.Bar.Trade(q.Values[market.Last], q.Values[market.LastSize])
			b.Samples = append(b.Samples, q)
		}
	}
	return b
}

// openBench opens a store that holds a number of batches.
func openBench(b *testing.B, batches int) *sqlite.Store {
	b.Helper()
	s, err := sqlite.New(sqlite.Config{Path: filepath.Join(b.TempDir(), "history.db")})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	for n := range batches {
		if err := s.Append(b.Context(), benchBatch(n)); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkAppend watches the rows a second that a recording may have.
func BenchmarkAppend(b *testing.B) {
	s := openBench(b, 0)
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		b.StopTimer()
		batch := benchBatch(rows / benchRows)
		b.StartTimer()
		if err := s.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		rows += len(batch.Samples)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkAppendAgain watches the slower way of a batch that is there already.
func BenchmarkAppendAgain(b *testing.B) {
	s := openBench(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append(b.Context(), benchBatch(0)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead watches the answers out of a million rows: each must cost what
// it returns, not what there is.
func BenchmarkRead(b *testing.B) {
	const seconds = 1_000_000 / benchSymbols
	s := openBench(b, seconds/benchSeconds)
	span := history.Span{From: benchDay, To: benchDay + seconds*benchSecond}
	middle := benchDay + seconds/2*benchSecond
	if err := s.Append(b.Context(), batch(benchDay+24*3600*benchSecond, 1, "TOMORROW")); err != nil {
		b.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context) (int, error){
		"as-of/symbols=1":    asOf(b, s, middle, "SYM0500"),
		"as-of/symbols=1000": asOf(b, s, middle, "*"),
		"as-of/carried=1000": asOf(b, s, benchDay+24*3600*benchSecond, "SYM*"),
		"page/rows=500": func(ctx context.Context) (int, error) {
			quotes, _, err := s.Quotes(ctx, &history.QuotesQuery{Symbol: "SYM0500", Span: span, Limit: 500})
			return len(quotes), err
		},
		"candles/step=7s": func(ctx context.Context) (int, error) {
			candles, err := s.Candles(ctx, &history.CandlesQuery{Symbol: "SYM0500", Span: span, Step: 7 * time.Second})
			return len(candles), err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := ask(b.Context()); err != nil || n == 0 {
					b.Fatalf("%d rows, error %v", n, err)
				}
			}
		})
	}
}

func asOf(b *testing.B, s *sqlite.Store, at int64, text string) func(context.Context) (int, error) {
	b.Helper()
	pattern, err := market.ParsePattern(text)
	if err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context) (int, error) {
		quotes, err := s.AsOf(ctx, []market.Pattern{pattern}, at, benchSymbols)
		return len(quotes), err
	}
}

// BenchmarkDayOfMinutes watches a chart: a symbol's whole day in candles of one
// minute.
func BenchmarkDayOfMinutes(b *testing.B) {
	s := openBench(b, 0)
	const minutes = 24 * 60
	batch := &history.Batch{Epoch: "K5VQ2RZT4M"}
	for i := range minutes {
		sample := benchBatch(0).Samples[0]
		sample.Recv, sample.Seq = benchDay+int64(i)*60*benchSecond, uint64(i+1)
		batch.Samples = append(batch.Samples, sample)
	}
	if err := s.Append(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	q := history.CandlesQuery{
		Symbol: batch.Samples[0].Symbol, Span: history.Span{From: benchDay, To: benchDay + minutes*60*benchSecond}, Step: time.Minute,
	}
	b.ReportAllocs()
	for b.Loop() {
		candles, err := s.Candles(b.Context(), &q)
		if err != nil || len(candles) != minutes {
			b.Fatalf("%d candles, error %v", len(candles), err)
		}
	}
}
