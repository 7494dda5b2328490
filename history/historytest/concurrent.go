package historytest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticker/history"
	"ticker/market"
)

// Every batch of the concurrent rule has this many symbols, all at one moment.
const (
	batches = 40
	width   = 8
)

func testConcurrent(t *testing.T, newPlace NewPlace) {
	t.Helper()
	p := newPair(t, newPlace)
	t.Run("whoever reads sees a batch as a whole or not at all", func(t *testing.T) {
		p.append(t, "e1", wideBatch(0)...)
		var done atomic.Bool
		var group sync.WaitGroup
		for _, read := range []func(*testing.T, history.Store){wholeSamples, wholeRecords, wholeCandles} {
			group.Go(func() {
				for !done.Load() {
					read(t, p.store)
				}
			})
		}
		for i := range int64(batches) {
			p.append(t, "e1", wideBatch(i+1)...)
		}
		done.Store(true)
		group.Wait()
		for _, read := range []func(*testing.T, history.Store){wholeSamples, wholeRecords, wholeCandles} {
			read(t, p.store)
		}
		p.between(t, ever(), many, "*")
	})
}

// wideBatch is one trade of every symbol; the days change while it is written.
func wideBatch(i int64) []market.Sample {
	var samples []market.Sample
	for s := range width {
		samples = append(samples, trade(market.Symbol(fmt.Sprintf("S%d", s)), midnight+i*hour, uint64(i+1), 10+i))
	}
	return samples
}

func wholeSamples(t *testing.T, store history.Store) {
	t.Helper()
	samples, err := store.Between(t.Context(), parsePatterns(t, []string{"*"}), ever(), many)
	if err != nil || len(samples)%width != 0 {
		t.Errorf("%d samples of batches of %d, error %v", len(samples), width, err)
	}
}

func wholeRecords(t *testing.T, store history.Store) {
	t.Helper()
	quotes, err := store.AsOf(t.Context(), parsePatterns(t, []string{"*"}), midnight+365*day, many)
	if err != nil || len(quotes) != width {
		t.Errorf("%d records, error %v, want %d", len(quotes), err, width)
	}
	for i := range quotes {
		if quotes[i].Seq != quotes[0].Seq {
			t.Errorf("%s is at %d and %s at %d", quotes[i].Symbol, quotes[i].Seq, quotes[0].Symbol, quotes[0].Seq)
		}
	}
}

func wholeCandles(t *testing.T, store history.Store) {
	t.Helper()
	span := history.Span{From: midnight, To: midnight + batches*day}
	daily, err := store.Candles(t.Context(), &history.CandlesQuery{Symbol: "S1", Span: span, Step: 24 * time.Hour})
	if err != nil {
		t.Errorf("candles: %v", err)
	}
	var trades uint64
	for i := range daily {
		trades += daily[i].Trades
	}
	quotes, _, err := store.Quotes(t.Context(), &history.QuotesQuery{Symbol: "S1", Span: ever(), Limit: many})
	if err != nil || uint64(len(quotes)) < trades {
		t.Errorf("%d records, %d trades in candles before them, error %v", len(quotes), trades, err)
	}
}
