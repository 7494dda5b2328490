package book

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
)

// taped is one reader of a tape, and what it should hear next.
type taped struct {
	mark  Mark
	since int // trades that it heard of, or that were before it
}

// tapeModel holds a tape against a list of all trades.
type tapeModel struct {
	book    *Book
	cell    *Cell
	prices  []int64
	readers []*taped
}

func (m *tapeModel) trade(price int64) {
	m.book.Apply(tradeOf("X", price, 1, 0))
	m.prices = append(m.prices, price)
}

func (m *tapeModel) join() {
	m.readers = append(m.readers, &taped{m.cell.Mark(false), len(m.prices)})
}

// read has a reader read, and keep what it read or not.
func (m *tapeModel) read(r *taped, keep bool) error {
	var got *market.Envelope
	m.book.encode = func(_ uint8, dst []byte, _ *market.Quote, _ market.Fields, trades *market.Envelope) []byte {
		got = trades
		return dst
	}
	_, g := m.cell.Append(nil, &Want{Fields: market.AllValues, Mark: r.mark, Always: true})
	if m.cell.Seq() > 0 {
		var want market.Envelope
		for _, price := range m.prices[r.since:] {
			want.Trade(market.NewDecimal(price, 0), market.NewDecimal(1, 0))
		}
		if fmt.Sprint(*got) != fmt.Sprint(want) {
			return fmt.Errorf("got %+v, want %+v", *got, want)
		}
	}
	if !g.Next.Set() {
		return nil // there is no record yet
	}
	if !keep {
		m.cell.Unmark(g.Next)
		return nil
	}
	m.cell.Unmark(r.mark)
	r.mark, r.since = g.Next, len(m.prices)
	return nil
}

// pieces counts those of the tape.
func (m *tapeModel) pieces() int {
	n := 0
	if m.cell.tape != nil {
		for p := m.cell.tape.first; p != nil; p = p.next {
			n++
		}
	}
	return n
}

// TestEveryReaderOfATapeHearsOfEveryTradeOnce reads at any pace, and sometimes in
// vain, and holds what is heard against all trades. There are never more pieces
// than readers, and nothing is left when they are gone.
func TestEveryReaderOfATapeHearsOfEveryTradeOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &tapeModel{book: newBook(t, 0)}
		var err error
		if m.cell, err = m.book.Acquire("X"); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			kind := rapid.IntRange(0, 9).Draw(rt, "kind")
			switch n := len(m.readers); {
			case kind < 4:
				m.trade(rapid.Int64Range(1, 5).Draw(rt, "price"))
			case kind < 5:
				m.join()
			case n == 0:
			case kind < 9:
				r := m.readers[rapid.IntRange(0, n-1).Draw(rt, "reader")]
				if err := m.read(r, rapid.Bool().Draw(rt, "keep")); err != nil {
					rt.Fatal(err)
				}
			default:
				m.cell.Unmark(m.readers[n-1].mark)
				m.readers = m.readers[:n-1]
			}
			if got := m.pieces(); got > len(m.readers) {
				rt.Fatalf("%d pieces for %d readers", got, len(m.readers))
			}
		}
		for _, r := range m.readers {
			m.cell.Unmark(r.mark)
		}
		if m.cell.tape != nil {
			rt.Fatal("there is a tape that nobody reads")
		}
	})
}

func TestATapeOfANewSymbolBeginsWithItsFirstTradeForThoseWhoWait(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	b.Apply(tradeOf("OLD", 1, 1, 0))
	b.TapeNewcomers(1)
	for range 3 {
		b.Apply(tradeOf("OLD", 1, 1, 0))
		b.Apply(tradeOf("NEW", 1, 1, 0))
	}
	if old := b.Find("OLD"); old.tape != nil {
		t.Error("a symbol that was there is taped for those who wait for new ones")
	}
	c := b.Find("NEW")
	early, late := c.Mark(true), c.Mark(false)
	b.Apply(tradeOf("NEW", 1, 1, 0))
	if got := c.tape.since(early).Trades; got != 4 {
		t.Errorf("from the first on there are %d trades, want 4", got)
	}
	if got := c.tape.since(late).Trades; got != 1 {
		t.Errorf("from now on there is %d trade, want 1", got)
	}
	c.Unmark(early)
	again := c.Mark(true)
	if got := c.tape.since(again).Trades; got != 4 {
		t.Errorf("for one who comes later there are %d trades, want 4", got)
	}
	c.Unmark(again)
	c.Unmark(late)
	b.TapeNewcomers(-1)
	b.Apply(tradeOf("NEW", 1, 1, 0))
	if c.tape != nil {
		t.Error("there is a tape that nobody waits for")
	}
}

func TestARestoredSymbolIsTapedForThoseWhoWait(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	b.TapeNewcomers(1)
	b.Restore(&market.Quote{Symbol: "X", Seq: 9})
	b.Apply(tradeOf("X", 1, 1, 0))
	c := b.Find("X")
	m := c.Mark(true)
	defer c.Unmark(m)
	if got := c.tape.since(m).Trades; got != 1 {
		t.Errorf("%d trades, want 1", got)
	}
}

// BenchmarkApplyTaped watches that a trade costs the same however many read the
// tape, wherever they stand.
func BenchmarkApplyTaped(b *testing.B) {
	for _, readers := range []int{0, 1, 1000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			bk := newBook(b, 0)
			u := tradeOf("X", 100, 1, 0)
			bk.Apply(u)
			for range readers {
				bk.Find("X").Mark(false)
				bk.Apply(u)
			}
			b.ReportAllocs()
			for b.Loop() {
				bk.Apply(u)
			}
		})
	}
}

// BenchmarkAppendTaped watches what a reader pays for the others: readers take
// turns, with a trade before each, so that each finds as many pieces as there are
// readers. Those that read together, as lanes of one phase do, find one.
func BenchmarkAppendTaped(b *testing.B) {
	for _, readers := range []int{1, 20, 1000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			bk := newBook(b, 0)
			u := tradeOf("X", 100, 1, 0)
			bk.Apply(u)
			c := bk.Find("X")
			marks := make([]Mark, readers)
			for i := range marks {
				marks[i] = c.Mark(false)
				bk.Apply(u)
			}
			var buf []byte
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				bk.Apply(u)
				m := &marks[i%readers]
				var got Got
				buf, got = c.Append(buf[:0], &Want{Fields: market.AllValues, Mark: *m})
				c.Unmark(*m)
				*m = got.Next
				i++
			}
		})
	}
}

func TestReadingATapeDoesNotAllocate(t *testing.T) {
	bk := newBook(t, 0)
	bk.encode = func(_ uint8, dst []byte, _ *market.Quote, _ market.Fields, _ *market.Envelope) []byte { return dst }
	u := tradeOf("X", 100, 1, 0)
	bk.Apply(u)
	c := bk.Find("X")
	m, other := c.Mark(false), c.Mark(false)
	defer c.Unmark(other)
	want := &Want{Fields: market.AllValues}
	turn := func() {
		bk.Apply(u)
		want.Mark = m
		_, got := c.Append(nil, want)
		c.Unmark(m)
		m = got.Next
	}
	turn()
	if n := testing.AllocsPerRun(1000, turn); n > 0 {
		t.Errorf("%v allocations for a trade and its reading", n)
	}
}
