package stream

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ticker/book"
	"ticker/feed/sim"
	"ticker/market"
	"ticker/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const topOfBook = market.Fields(1<<market.Bid | 1<<market.BidSize | 1<<market.Ask | 1<<market.AskSize)

func newMarket(t testing.TB, symbols int, fields market.Fields) *Market {
	t.Helper()
	m, err := New(Config{Sim: sim.Config{Symbols: symbols, Rate: sim.MaxRate, Seed: 1}, Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// twin passes updates to a market and to the product's book, and compares.
type twin struct {
	t      *testing.T
	market *Market
	book   *book.Book
	source market.SourceID
	seen   map[market.Symbol]uint64
	left   int
	end    context.CancelFunc
}

func (w *twin) Connected()           {}
func (w *twin) Alive()               {}
func (w *twin) Reject(error, []byte) {}

func (w *twin) Update(u *market.Update) {
	if w.left--; w.left <= 0 {
		w.end()
		return
	}
	w.market.Update(u)
	i := w.market.index[u.Symbol]
	theirs := *u
	theirs.Source, theirs.Recv = w.source, w.market.cells[i].quote.Recv
	if outcome := w.book.Apply(&theirs); outcome != market.Accepted {
		w.t.Fatalf("the book says %s", outcome)
	}
	w.compare(i, u.Symbol)
}

// compare asks both for what is new since a record that a client may have been
// sent last.
func (w *twin) compare(i int, symbol market.Symbol) {
	want := book.Want{Codec: uint8(wire.JSON), Fields: w.market.fields, Since: w.seen[symbol]}
	product, got := w.book.Find(symbol).Append(nil, &want)
	if news := w.market.News(i) > w.seen[symbol]; news != got.Appended {
		w.t.Fatalf("%s %d: news is %v, for the product %v", symbol, got.Seq, news, got.Appended)
	}
	if !got.Appended {
		return
	}
	ours, seq := w.market.Append(nil, i)
	if seq != got.Seq || !bytes.Equal(ours, product) {
		w.t.Fatalf("a record %d\n%s\nthat the product has as %d\n%s", seq, ours, got.Seq, product)
	}
	// Most clients are behind by some updates.
	if w.left%3 == 0 {
		w.seen[symbol] = seq
	}
}

func TestRecordsAreTheProductsToTheByte(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]market.Fields{"top of book": topOfBook, "all fields": market.AllValues} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := book.New(book.Config{Encode: func(codec uint8, dst []byte, q *market.Quote, set market.Fields, _ *market.Envelope) []byte {
				return wire.Codec(codec).AppendQuote(dst, q, set, nil)
			}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := &twin{
				t: t, market: newMarket(t, 5, fields), book: b, source: b.Source("sim"),
				seen: make(map[market.Symbol]uint64), left: 20_000, end: cancel,
			}
			_ = w.market.source.Run(ctx, w) // it ends because it was told to
			if w.left > 0 {
				t.Errorf("%d updates were left", w.left)
			}
		})
	}
}

func TestEveryUpdateOfAWantedFieldIsWatched(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 3, topOfBook)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watched := 0
	err := m.Run(ctx, func(i int) {
		if _, seq := m.Append(nil, i); seq != m.News(i) {
			t.Errorf("watched %d of symbol %d, which is at %d", m.News(i), i, seq)
		}
		if watched++; watched == 1000 {
			cancel()
		}
	})
	if err != nil || watched < 1000 || m.Quotes() <= uint64(watched) {
		t.Errorf("%d of %d updates were watched, %v", watched, m.Quotes(), err)
	}
}

func TestOpenGivesEverySymbolARecord(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 12, topOfBook)
	if err := m.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range m.Symbols() {
		if m.News(i) == 0 {
			t.Errorf("%s has no record", m.Symbol(i))
		}
	}
	if first, last := m.Symbol(0), m.Symbol(11); first != "SYM0001" || last != "SYM0012" {
		t.Errorf("symbols from %s to %s", first, last)
	}
}

func TestEventOfOneRecordIsAQuotesEvent(t *testing.T) {
	t.Parallel()
	m := newMarket(t, 2, topOfBook)
	if err := m.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	record, _ := m.Append(nil, 1)
	want := `{"type":"event","channel":"quotes","cursor":"` + cursor + `","quotes":[` + string(record) + `]}`
	if diff := cmp.Diff(want, string(m.AppendEvent(nil, 1))); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}
