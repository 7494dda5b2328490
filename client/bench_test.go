package client_test

import (
	"strconv"
	"testing"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// fifty returns a batch of fifty records of seq 1.
func fifty() client.Batch {
	records := make([]wire.Record, 50)
	for i := range records {
		records[i] = quote(market.Symbol("SYM"+strconv.Itoa(i)), 1, 100)
	}
	return batch(1, records...)
}

func advance(b *client.Batch) {
	for i := range b.Records {
		b.Records[i].Seq++
	}
}

func TestViewAllocatesNothingForSymbolsItKnows(t *testing.T) {
	view, b := client.NewView(), fifty()
	view.Apply(b)
	allocs := testing.AllocsPerRun(100, func() {
		advance(&b)
		view.Apply(b)
	})
	if allocs > 0 && !raceEnabled {
		t.Errorf("%v allocations a batch, want none", allocs)
	}
	expect(t, "out of order", view.Stats().OutOfOrder, uint64(0))
}

// BenchmarkViewApply watches that merging a batch stays a look-up and a copy a
// record.
func BenchmarkViewApply(b *testing.B) {
	view, batch := client.NewView(), fifty()
	b.ReportAllocs()
	for b.Loop() {
		advance(&batch)
		view.Apply(batch)
	}
}

// BenchmarkViewQuotes watches what a redraw of a thousand symbols costs.
func BenchmarkViewQuotes(b *testing.B) {
	view := client.NewView()
	for i := range 1000 {
		view.Apply(batch(1, quote(market.Symbol("SYM"+strconv.Itoa(i)), 1, 100)))
	}
	var quotes []market.Quote
	b.ReportAllocs()
	for b.Loop() {
		quotes = view.Quotes(quotes[:0])
	}
}
