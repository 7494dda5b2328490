package arbiter

import (
	"fmt"
	"sync"
	"testing"

	"ticker/book"
	"ticker/market"
)

// stream is what a leg tells: quotes of some symbols, in turn.
type stream struct {
	updates []market.Update
	seq     uint64
}

func newStream(r *rig, leg, symbols int) *stream {
	s := &stream{updates: make([]market.Update, symbols)}
	for i := range s.updates {
		u := quoteOf(0, 0, 100)
		u.Symbol, u.Source = market.Symbol(fmt.Sprintf("SYM%04d", i)), r.ids[leg][0]
		u.Put(market.BidSize, market.NewDecimal(300, 0))
		u.Put(market.Ask, market.NewDecimal(101, 0))
		u.Put(market.AskSize, market.NewDecimal(200, 0))
		s.updates[i] = u
	}
	return s
}

func (s *stream) next() *market.Update {
	u := &s.updates[s.seq%uint64(len(s.updates))]
	s.seq++
	u.Seq = s.seq
	return u
}

// discard is a book that takes everything.
type discard struct{ *book.Book }

func (discard) Apply(*market.Update) market.Outcome { return market.Accepted }

func TestArbitratingAllocatesNothing(t *testing.T) {
	r := newRig(t, 2, book.Config{})
	r.cfg.Book = r.book.Book // the witness remembers
	first, second := newStream(r, 0, 1), newStream(r, 1, 1)
	allocs := testing.AllocsPerRun(1000, func() {
		r.feeds[0].Apply(first.next())
		r.feeds[1].Apply(second.next())
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations for an update and its copy", allocs)
	}
}

// BenchmarkArbiter watches what arbitration adds to an update: one operation is
// an update and its copy, with and without the work of the book, and with the
// legs on goroutines of their own.
func BenchmarkArbiter(b *testing.B) {
	for name, work := range map[string]func(*rig){
		"book":    func(r *rig) { r.cfg.Book = r.book.Book },
		"no-book": func(r *rig) { r.cfg.Book = discard{r.book.Book} },
	} {
		b.Run(name+"/turns", func(b *testing.B) {
			r := newRig(b, 2, book.Config{})
			work(r)
			first, second := newStream(r, 0, 1000), newStream(r, 1, 1000)
			b.ReportAllocs()
			for b.Loop() {
				r.feeds[0].Apply(first.next())
				r.feeds[1].Apply(second.next())
			}
		})
		b.Run(name+"/at-once", func(b *testing.B) {
			r := newRig(b, 2, book.Config{})
			work(r)
			b.ReportAllocs()
			var legs sync.WaitGroup
			for leg := range 2 {
				s := newStream(r, leg, 1000)
				legs.Go(func() {
					for range b.N {
						r.feeds[leg].Apply(s.next())
					}
				})
			}
			legs.Wait()
		})
	}
}
