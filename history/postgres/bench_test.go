package postgres

import (
	"fmt"
	"io"
	"testing"
	"time"

	"ticker/history"
	"ticker/internal/postgrestest"
	"ticker/market"
)

const (
	benchSymbols = 1000
	benchBatch   = 5000
	benchRows    = 1_000_000
)

// benchMarket makes batches as a recording once a second does: every symbol in
// turn, each with both sides, a last trade and a bar.
type benchMarket struct {
	symbols []market.Symbol
	at      int64
	every   int64 // microseconds between two samples
	seq     uint64
	batch   history.Batch
}

func newBenchMarket(from time.Time, every time.Duration) *benchMarket {
	m := &benchMarket{at: from.UnixMicro(), every: every.Microseconds(), batch: history.Batch{Epoch: "01JD3Q8ZK5V7M9"}}
	for i := range benchSymbols {
		m.symbols = append(m.symbols, market.Symbol(fmt.Sprintf("SYM%04d", i+1)))
	}
	m.batch.Samples = make([]market.Sample, benchBatch)
	return m
}

// next returns the next batch, in the memory of the last.
func (m *benchMarket) next() *history.Batch {
	for i := range m.batch.Samples {
		m.batch.Samples[i] = m.sample()
	}
	return &m.batch
}

func (m *benchMarket) sample() market.Sample {
	n := m.seq
	m.seq++
	m.at += m.every
	cents := int64(10_000 + n*7919%5000)
	s := market.Sample{Quote: market.Quote{
		Symbol: m.symbols[n%benchSymbols], Seq: n/benchSymbols + 1, TS: m.at - 400, Recv: m.at, Source: "sim",
	}}
	for f, value := range map[market.Field]market.Decimal{
		market.Bid: market.NewDecimal(cents-1, 2), market.BidSize: market.NewDecimal(300, 0),
		market.Ask: market.NewDecimal(cents+1, 2), market.AskSize: market.NewDecimal(200, 0),
		market.Last: market.NewDecimal(cents, 2), market.LastSize: market.NewDecimal(25, 0),
		market.Volume: market.NewDecimal(int64(n), 0),
	} {
		s.Known = s.Known.With(f)
		s.Values[f] = value
	}
	s.Bar.Trade(s.Values[market.Bid], s.Values[market.BidSize])
	s.Bar.Trade(s.Values[market.Last], s.Values[market.LastSize])
	return s
}

// benchStore opens a store on a server that runs as an installation does.
func benchStore(b *testing.B) *Store {
	b.Helper()
	durable := postgrestest.Start(b, postgrestest.Options{Durable: true})
	return openStore(b, durable.NewDatabase(b))
}

// fill appends a number of rows.
func fill(b *testing.B, s *Store, m *benchMarket, rows int) {
	b.Helper()
	for range rows / benchBatch {
		if err := s.Append(b.Context(), m.next()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend watches for anything that makes a row more expensive to keep:
// it has to stay well above what a recorder with 1,000 symbols is given.
func BenchmarkAppend(b *testing.B) {
	s := benchStore(b)
	m := newBenchMarket(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), time.Millisecond)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append(b.Context(), m.next()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchBatch/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkAsOf watches for plans that read more than one row of a symbol, or
// more than one day.
func BenchmarkAsOf(b *testing.B) {
	s := benchStore(b)
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	// Six days of which the last is what most ask for.
	m := newBenchMarket(start, 6*24*time.Hour/benchRows)
	fill(b, s, m, benchRows)
	at := m.at - 3*time.Hour.Microseconds()
	for _, c := range []struct {
		text string
		want int
	}{{"SYM0500", 1}, {"*", benchSymbols}} {
		patterns := []market.Pattern{parsePattern(b, c.text)}
		b.Run(fmt.Sprintf("symbols=%d", c.want), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				quotes, err := s.AsOf(b.Context(), patterns, at, benchSymbols)
				if err != nil || len(quotes) != c.want {
					b.Fatalf("%d quotes: %v", len(quotes), err)
				}
			}
		})
	}
}

// BenchmarkCandlesOfADay watches for stored candles being computed anew, or
// spread so far that a day of them is slow to gather.
func BenchmarkCandlesOfADay(b *testing.B) {
	s := benchStore(b)
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	// Each minute of the day every symbol has one candle.
	m := newBenchMarket(start, time.Minute/benchSymbols)
	fill(b, s, m, 24*60*benchSymbols)
	query := history.CandlesQuery{
		Symbol: "SYM0500", Step: time.Minute,
		Span: history.Span{From: start.UnixMicro(), To: start.Add(24 * time.Hour).UnixMicro()},
	}
	b.ReportAllocs()
	for b.Loop() {
		candles, err := s.Candles(b.Context(), &query)
		if err != nil || len(candles) != 24*60 {
			b.Fatalf("%d candles: %v", len(candles), err)
		}
	}
}

// BenchmarkEncodeRow watches the client's share of an append: the server works
// at the same time, and should never wait for it.
func BenchmarkEncodeRow(b *testing.B) {
	batch := newBenchMarket(time.Unix(0, 0), time.Millisecond).next()
	var r rows
	b.ReportAllocs()
	for b.Loop() {
		r.start(batch)
		if _, err := io.Copy(io.Discard, &r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchBatch/b.Elapsed().Seconds(), "rows/s")
}
