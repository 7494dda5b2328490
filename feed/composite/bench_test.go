package composite

import (
	"fmt"
	"testing"
	"time"

	"ticker/book"
	"ticker/market"
)

// walk makes the quotes of some legs, each about a price that moves.
func walk(r *rig, symbols int) []market.Update {
	var updates []market.Update
	for i := range int64(8 * symbols) {
		for leg := range r.feeds {
			u := quoteOf("")
			u.Symbol, u.Source = market.Symbol(fmt.Sprintf("SYM%04d", i%int64(symbols))), r.ids[leg][0]
			u.At = time.Unix(1_700_000_000, 0)
			mid := 10_000 + i*7%13 + int64(leg)
			u.Put(market.Bid, market.NewDecimal(mid-5, 2))
			u.Put(market.BidSize, market.NewDecimal(i%5+1, 0))
			u.Put(market.Ask, market.NewDecimal(mid+5, 2))
			u.Put(market.AskSize, market.NewDecimal(i%3+1, 0))
			updates = append(updates, u)
		}
	}
	return updates
}

func TestComposingAllocatesNothing(t *testing.T) {
	r := newRig(t, 3, book.Config{})
	r.cfg.Book = r.book.Book // the witness remembers
	updates := walk(r, 1)
	next := 0
	tell := func() {
		for leg := range r.feeds {
			r.feeds[leg].Apply(&updates[next%len(updates)])
			next++
		}
	}
	for range updates {
		tell() // every pair has its source now
	}
	if allocs := testing.AllocsPerRun(1000, tell); allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations for a quote of each leg", allocs)
	}
}

// BenchmarkComposite watches what a quote of one of three legs costs, the book's
// work included: it composes the symbol anew, and most times changes the record.
func BenchmarkComposite(b *testing.B) {
	for _, symbols := range []int{1, 1000} {
		b.Run(fmt.Sprintf("symbols=%d", symbols), func(b *testing.B) {
			r := newRig(b, 3, book.Config{})
			r.cfg.Book = r.book.Book
			updates := walk(r, symbols)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.feeds[i%3].Apply(&updates[i%len(updates)])
				i++
			}
		})
	}
}
