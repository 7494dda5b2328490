package postgres

import (
	"testing"
	"time"

	"ticker/history"
	"ticker/market"
)

// noon is a time of day 20240301, in microseconds since the Unix epoch.
const (
	noon   = 1_709_294_400_000_000
	second = int64(time.Second / time.Microsecond)
	hour   = 3600 * second
)

func batch(epoch string, samples ...market.Sample) *history.Batch {
	return &history.Batch{Epoch: epoch, Samples: samples}
}

// trade is a sample with a last price, as many trades as prices, and a volume of
// 1.5 each.
func trade(symbol market.Symbol, recv int64, seq uint64, prices ...int64) market.Sample {
	s := market.Sample{Quote: market.Quote{Symbol: symbol, Seq: seq, Recv: recv, TS: recv, Source: "test"}}
	for _, price := range prices {
		s.Known = s.Known.With(market.Last)
		s.Values[market.Last] = market.NewDecimal(price, 2)
		s.Bar.Trade(s.Values[market.Last], market.NewDecimal(15, 1))
	}
	return s
}

func appendAll(t testing.TB, s *Store, batches ...*history.Batch) {
	t.Helper()
	for _, b := range batches {
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// asOf returns the sequences of the newest records at a time, by symbol.
func asOf(t testing.TB, s *Store, pattern string, at int64) map[market.Symbol]uint64 {
	t.Helper()
	quotes, err := s.AsOf(t.Context(), []market.Pattern{parsePattern(t, pattern)}, at, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	seqs := make(map[market.Symbol]uint64)
	for i := range quotes {
		seqs[quotes[i].Symbol] = quotes[i].Seq
	}
	return seqs
}
