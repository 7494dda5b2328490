package book

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

// adopter is a book that takes records over, and what a slow, obvious one holds.
type adopter struct {
	book    *Book
	line    market.SourceID
	feed    market.SourceID
	mark    Mark
	adopted bool           // the newest record was
	history []market.Quote // every record there was
	trades  market.Bar     // of the records behind the first
	all     market.Bar
}

func newAdopter() *adopter {
	clock := &wallClock{at: 1000}
	b := newSampled(time.Hour, clock)
	return &adopter{book: b, feed: b.Line("sim"), line: b.Line("relay")}
}

func (a *adopter) newest() market.Quote {
	if len(a.history) == 0 {
		return market.Quote{Symbol: "X"}
	}
	return a.history[len(a.history)-1]
}

// adopt says what the record is after s came, and whether it is a new one.
func (a *adopter) adopt(s *market.Sample) (market.Quote, bool) {
	was, q := a.newest(), s.Quote
	for f := range market.NumValues {
		if !s.Known.Has(f) {
			q.Values[f] = was.Values[f]
		}
	}
	q.Known |= was.Known
	q.Seq = was.Seq
	if len(a.history) > 0 && q == was && s.Seq <= was.Seq && s.Bar.Trades == 0 {
		return was, false
	}
	q.Seq = max(s.Seq, was.Seq+1)
	return q, true
}

// note keeps the newest record, and the trades that came with it.
func (a *adopter) note(q market.Quote, bar *market.Bar) {
	if a.history = append(a.history, q); len(a.history) > 1 {
		a.trades.Merge(bar)
	}
	a.all.Merge(bar)
	if len(a.history) == 1 {
		a.mark = a.book.Find("X").Mark(false)
	}
}

func drawAdopted(rt *rapid.T) *market.Sample {
	s := &market.Sample{Quote: market.Quote{
		Symbol: "X", Seq: rapid.Uint64Range(1, 30).Draw(rt, "seq"), TS: rapid.Int64Range(0, 2).Draw(rt, "ts"), Recv: 1000,
		Status: market.Status(rapid.IntRange(0, 2).Draw(rt, "status")), Source: rapid.SampledFrom([]string{"kraken", "okx"}).Draw(rt, "source"),
	}}
	for f := range market.Field(3) {
		if rapid.Bool().Draw(rt, "known") {
			s.Known = s.Known.With(f)
			s.Values[f] = market.NewDecimal(rapid.Int64Range(0, 1).Draw(rt, "value"), 0)
		}
	}
	for range rapid.IntRange(-2, 2).Draw(rt, "trades") {
		s.Bar.Trade(market.NewDecimal(rapid.Int64Range(1, 9).Draw(rt, "price"), 0), market.NewDecimal(1, 0))
	}
	return s
}

// TestAnAdoptedRecordIsThatOfTheModel brings records of another book, in any order,
// beside updates of a feed and staleness.
func TestAnAdoptedRecordIsThatOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := newAdopter()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "kind") {
			case 0:
				q := a.newest()
				marks := a.adopted && (q.Status != market.Stale || q.Reason != market.Silent)
				if got := a.book.MarkStale(a.line, market.Silent) > 0; got != marks {
					rt.Fatalf("MarkStale tells %v on %+v", got, q)
				}
				if marks {
					a.note(a.book.Find("X").Quote(), &market.Bar{})
				}
			case 1:
				u := tradeOf("X", 5, 1, 1000)
				u.Source = a.feed
				a.book.Apply(u)
				var bar market.Bar
				bar.Trade(u.Values[market.Last], u.Values[market.LastSize])
				a.note(a.book.Find("X").Quote(), &bar)
				a.adopted = false
			default:
				s := drawAdopted(rt)
				want, changed := a.adopt(s)
				if got := a.book.Adopt(a.line, s); got != changed {
					rt.Fatalf("Adopt(%+v) = %v on %+v", s, got, a.newest())
				}
				if changed {
					a.note(want, &s.Bar)
					a.adopted = true
				}
			}
			a.check(rt)
		}
		a.finish(rt)
	})
}

// check holds the newest record, and what is told to have changed since each record
// before it, against the model.
func (a *adopter) check(rt *rapid.T) {
	c := a.book.Find("X")
	if c == nil {
		return
	}
	newest := c.Quote()
	if diff := cmp.Diff(a.newest(), newest, cmp.Comparer(func(a, b market.Decimal) bool { return a == b })); diff != "" {
		rt.Fatalf("record (-want +got):\n%s", diff)
	}
	if c.Seq() != newest.Seq || a.book.Roster().Len() != 1 {
		rt.Fatalf("seq is %d, record %d, %d symbols", c.Seq(), newest.Seq, a.book.Roster().Len())
	}
	for i := 1; i < len(a.history); i++ {
		if a.history[i].Seq <= a.history[i-1].Seq {
			rt.Fatalf("seq goes from %d to %d", a.history[i-1].Seq, a.history[i].Seq)
		}
	}
	for _, was := range a.history {
		c.shard.mu.Lock()
		news := c.changedLocked(was.Seq)
		c.shard.mu.Unlock()
		for f := range market.NumValues {
			if was.Values[f] != newest.Values[f] && !news.Has(f) {
				rt.Fatalf("%v changed after %d and is not told", f, was.Seq)
			}
		}
		if (was.Status != newest.Status || was.Reason != newest.Reason) && !news.Has(market.StatusField) {
			rt.Fatalf("the status changed after %d and is not told", was.Seq)
		}
	}
}

// finish holds the tape, the samples and the list of changes against the model.
func (a *adopter) finish(rt *rapid.T) {
	var r Reader
	defer r.Close()
	var s market.Sample
	c := a.book.Find("X")
	if c == nil {
		return
	}
	r.Sample(c, a.mark, &s)
	r.Close()
	if got, want := fmt.Sprint(s.Bar), fmt.Sprint(a.trades); got != want || s.Quote != a.newest() {
		rt.Fatalf("the tape tells %s of %+v, want %s of %+v", got, s.Quote, want, a.newest())
	}
	var sampled market.Bar
	for _, s := range a.book.Samples(nil, true) {
		sampled.Merge(&s.Bar)
	}
	if got, want := fmt.Sprint(sampled), fmt.Sprint(a.all); got != want {
		rt.Fatalf("samples tell %s, want %s", got, want)
	}
	stamp := a.book.Stamp()
	if changed, _ := a.book.Changed(stamp-1, nil, 9); !slices.Equal(changed, []*Cell{c}) {
		rt.Fatalf("the newest change is that of %v", changed)
	}
	if _, changed := c.After(stamp, market.AllValues); changed || stamp != uint64(len(a.history)) {
		rt.Fatalf("stamp %d after %d changes", stamp, len(a.history))
	}
}

func TestAnAdoptedRecordWakesThoseWhoWait(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	var woken int
	b.Notify(func(f Fired) { woken += len(f.Arms()) })
	c, err := b.Acquire("X")
	if err != nil {
		t.Fatal(err)
	}
	s := &market.Sample{Quote: market.Quote{Symbol: "X", Seq: 41}}
	c.Arm(&Arm{}, 0)
	b.Roster().Arm(&Arm{}, 0)
	for i, want := range []int{2, 2, 3} {
		if i == 2 {
			c.Arm(&Arm{}, 41)
			s.Seq++
		}
		if b.Adopt(0, s); woken != want {
			t.Errorf("after record %d, %d readers are woken, want %d", i, woken, want)
		}
	}
}

func TestAFullBookAdoptsOnlyWhatItHas(t *testing.T) {
	t.Parallel()
	b := newBook(t, 1)
	for i, symbol := range []market.Symbol{"X", "Y", "X", "Y"} {
		s := &market.Sample{Quote: market.Quote{Symbol: symbol, Seq: uint64(i + 1)}}
		if got := b.Adopt(0, s); got != (symbol == "X") {
			t.Errorf("record %d, of %s: Adopt = %v", i, symbol, got)
		}
	}
}

func TestAdoptDoesNotAllocate(t *testing.T) {
	b := newSampled(time.Hour, &wallClock{at: 1000})
	s := &market.Sample{Quote: market.Quote{Symbol: "X", Known: market.AllValues, Source: "sim"}}
	s.Bar.Trade(market.NewDecimal(1, 0), market.NewDecimal(1, 0))
	allocs := testing.AllocsPerRun(1000, func() {
		s.Seq++
		b.Adopt(0, s)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a record", allocs)
	}
}

// BenchmarkAdopt watches what a record of another book costs: with a new value, and
// when it comes again.
func BenchmarkAdopt(b *testing.B) {
	for name, step := range map[string]uint64{"new": 1, "again": 0} {
		b.Run(name, func(b *testing.B) {
			bk := newBook(b, 0)
			samples := make([]market.Sample, 1000)
			for i := range samples {
				samples[i].Quote = market.Quote{Symbol: market.Symbol(fmt.Sprintf("SYM%04d", i)), Known: market.AllValues, Source: "sim"}
				bk.Adopt(0, &samples[i])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s := &samples[i%len(samples)]
				s.Seq += step
				s.Values[market.Bid] = market.NewDecimal(int64(s.Seq), 2)
				bk.Adopt(0, s)
				i++
			}
		})
	}
}
