package historytest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"ticker/history"
	"ticker/market"
)

func testRandom(t *testing.T, newPlace NewPlace) {
	t.Helper()
	store := newPair(t, newPlace).store
	var tries atomic.Int64
	t.Run("whatever was written, every answer is that of the model", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			// Each try has symbols of its own, and so a store that is as good as empty.
			w := world{pair: pair{store: store, model: new(Model)}, stem: fmt.Sprintf("R%d.", tries.Add(1))}
			w.writes(t)
			w.questions(t)
		})
	})
}

// world is one try of the property.
type world struct {
	pair
	stem string
	// times are those of the samples that were written.
	times []int64
}

// writes gives up to three batches, parts of which come again.
func (w *world) writes(t *rapid.T) {
	for range rapid.IntRange(1, 3).Draw(t, "batches") {
		epoch := rapid.SampledFrom([]string{"a", "b", "B", "c1"}).Draw(t, "epoch")
		samples := rapid.SliceOfN(rapid.Custom(w.sample), 1, 8).Draw(t, "samples")
		w.append(t, epoch, samples...)
		for i := range samples {
			w.times = append(w.times, samples[i].Recv)
		}
		if rapid.Bool().Draw(t, "again") {
			w.append(t, epoch, samples[:rapid.IntRange(1, len(samples)).Draw(t, "part")]...)
		}
	}
}

func (w *world) sample(t *rapid.T) market.Sample {
	s := quote(w.symbol(t), w.moment(t), rapid.Uint64Range(1, 3).Draw(t, "seq"))
	for range rapid.IntRange(0, 3).Draw(t, "trades") {
		price, size := price().Draw(t, "price"), rapid.Int64Range(0, 1_000_000).Draw(t, "size")
		s.Bar.Trade(price, market.NewDecimal(size, 4))
		put(&s, market.Last, price)
	}
	return s
}

func (w *world) symbol(t *rapid.T) market.Symbol {
	return market.Symbol(w.stem + rapid.SampledFrom([]string{"A", "AB", "B"}).Draw(t, "symbol"))
}

func price() *rapid.Generator[market.Decimal] {
	return rapid.Custom(func(t *rapid.T) market.Decimal {
		return market.NewDecimal(rapid.Int64Range(-50, 50).Draw(t, "coefficient"), rapid.Uint8Range(0, 12).Draw(t, "scale"))
	})
}

// moment is a time near the end of a second, a minute or a day; often one that
// was drawn before.
func (w *world) moment(t *rapid.T) int64 {
	if len(w.times) > 0 && rapid.Bool().Draw(t, "again") {
		return w.at(t)
	}
	at := midnight + rapid.Int64Range(-2, 2).Draw(t, "day")*day
	at += rapid.SampledFrom([]int64{0, minute, hour, day / 2}).Draw(t, "time")
	at += rapid.Int64Range(0, 8).Draw(t, "second") * second
	return at + rapid.Int64Range(-1, 1).Draw(t, "edge")
}

// at is the time of a sample, or the microsecond beside it.
func (w *world) at(t *rapid.T) int64 {
	return rapid.SampledFrom(w.times).Draw(t, "time") + rapid.Int64Range(-1, 1).Draw(t, "edge")
}

// questions asks everything, at random places.
func (w *world) questions(t *rapid.T) {
	all := w.stem + "*"
	w.asOf(t, w.at(t), all)
	w.asOf(t, w.at(t), string(w.symbol(t)), w.stem+"A*")
	w.asOfMost(t, w.at(t), 2, all)
	w.between(t, w.span(t), rapid.SampledFrom([]int{4, many}).Draw(t, "most"), all)
	symbol := w.symbol(t)
	walk(t, &w.pair, history.QuotesQuery{Symbol: symbol, Span: w.span(t), Limit: rapid.IntRange(1, 6).Draw(t, "limit")})
	for range 2 {
		step := rapid.SampledFrom(steps()).Draw(t, "step")
		w.candles(t, history.CandlesQuery{Symbol: symbol, Span: w.span(t), Step: step})
	}
}

// span begins and ends at samples, or beside them.
func (w *world) span(t *rapid.T) history.Span {
	from, to := w.at(t), w.at(t)
	return history.Span{From: min(from, to), To: max(from, to) + 1}
}
