package composite

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/book"
	"ticker/market"
)

// step is what a leg says, and the record after it: its first values, source and
// status. Without an update it is the end of the leg's line.
type step struct {
	leg  int
	u    market.Update
	want string
}

func TestRecordIsTheBestOfAllLegs(t *testing.T) {
	t.Parallel()
	end := market.Update{}
	for name, steps := range map[string][]step{
		"the highest bid and the lowest ask": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 3 13 4"), "11 3 12 2 . . bbo:b/a live "},
			{0, quoteOf("10 1 14 2"), "11 3 13 4 . . bbo:b/b live "},
		},
		"of equal prices the larger size, then what stands longer": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("10 1 12 3"), "10 1 12 3 . . bbo:a/b live "},
			{0, quoteOf("10 1 12 2"), "10 1 12 3 . . bbo:a/b live "},
			{0, quoteOf("10 2 12 2"), "10 2 12 3 . . bbo:a/b live "},
			{1, quoteOf("10 2 12 3"), "10 2 12 3 . . bbo:a/b live "},
			{0, quoteOf("9 2 12 2"), "10 2 12 3 . . bbo:b/b live "},
			{0, quoteOf("10 2 12 2"), "10 2 12 3 . . bbo:b/b live "},
		},
		"a side that no leg has has no name": {
			{0, quoteOf("10 1 . ."), "10 1 . . . . bbo:a/ live "},
			{1, quoteOf(". . 12 2"), "10 1 12 2 . . bbo:a/b live "},
		},
		"a part of a quote leaves the rest": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{0, quoteOf(". 5 . ."), "10 5 12 2 . . bbo:a/a live "},
			{0, quoteOf(". . 11 ."), "10 5 11 2 . . bbo:a/a live "},
		},
		"a side without a size keeps that of nobody else": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 . . ."), "11 0 12 2 . . bbo:b/a live "},
		},
		"a size of 0 is no side": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 0 0 0"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 1 . ."), "11 1 12 2 . . bbo:b/a live "},
		},
		"figures of a day and last prices of tickers are left out": {
			{0, quoteOf("10 1 12 2 11 1 5 6 7 8"), "10 1 12 2 . . bbo:a/a live "},
		},
		"prices may be negative": {
			{0, quoteOf("-3 1 -1 2"), "-3 1 -1 2 . . bbo:a/a live "},
			{1, quoteOf("-2 1 -1.5 2"), "-2 1 -1.5 2 . . bbo:b/b live "},
		},
		"a leg that went is forgotten": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 1 13 2"), "11 1 12 2 . . bbo:b/a live "},
			{1, end, "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf(". . 11.5 1"), "10 1 11.5 1 . . bbo:a/b live "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

func TestQuotesThatCrossAreLeftOut(t *testing.T) {
	t.Parallel()
	end := market.Update{}
	for name, steps := range map[string][]step{
		"the older of two": {
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("12 1 13 1"), "12 1 13 1 . . bbo:b/b live "},
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{0, quoteOf("11 1 14 1"), "12 1 13 1 . . bbo:b/b live "},
		},
		"until nothing crosses": {
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("12 1 13 1"), "12 1 13 1 . . bbo:b/b live "},
			{2, quoteOf("8 1 9 1"), "8 1 9 1 . . bbo:c/c live "},
		},
		"equal is no crossing": {
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("11 2 12 1"), "11 2 11 1 . . bbo:b/a live "},
		},
		"a leg that crosses itself": {
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("10.6 1 10.5 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("10.4 1 . ."), "10.4 1 10.5 1 . . bbo:b/b live "},
		},
		"the last leg of a side, and the symbol is stale": {
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("12 1 . ."), "10 1 11 1 . . bbo:a/a stale disconnected"},
			{1, quoteOf("10.5 1 . ."), "10.5 1 11 1 . . bbo:b/a live "},
		},
		"and back when the other is gone": {
			{0, quoteOf("10 1 11 1"), "10 1 11 1 . . bbo:a/a live "},
			{1, quoteOf("12 1 13 1"), "12 1 13 1 . . bbo:b/b live "},
			{1, end, "10 1 11 1 . . bbo:a/a live "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

func TestStatusIsThatOfTheLegs(t *testing.T) {
	t.Parallel()
	end, halt, open := market.Update{}, statusOf(market.Halted, 0), statusOf(market.Live, 0)
	for name, steps := range map[string][]step{
		"stale with the last leg": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 1 13 2"), "11 1 12 2 . . bbo:b/a live "},
			{0, statusOf(market.Stale, market.Silent), "11 1 13 2 . . bbo:b/b live "},
			{1, end, "11 1 13 2 . . bbo:b/b stale disconnected"},
			{0, quoteOf("9 1 14 2"), "9 1 14 2 . . bbo:a/a live "},
			{0, statusOf(market.Stale, market.Silent), "9 1 14 2 . . bbo:a/a stale silent"},
		},
		"stale without one side": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 1 . ."), "11 1 12 2 . . bbo:b/a live "},
			{0, end, "11 1 12 2 . . bbo:b/a stale disconnected"},
			{1, tradeOf(1, "11", "1"), "11 1 12 2 11 1 bbo:b/a stale disconnected"},
			{1, quoteOf("10 1 13 2"), "10 1 13 2 11 1 bbo:b/b live "},
		},
		"halted when all are": {
			{0, quoteOf("10 1 12 2"), "10 1 12 2 . . bbo:a/a live "},
			{1, quoteOf("11 1 13 2"), "11 1 12 2 . . bbo:b/a live "},
			{0, halt, "11 1 13 2 . . bbo:b/b live "},
			{1, halt, "11 1 13 2 . . bbo:b/b halted "},
			{1, quoteOf("11.5 1 13 2"), "11 1 13 2 . . bbo:b/b halted "},
			{1, end, "11 1 13 2 . . bbo:b/b halted "},
			{0, open, "10 1 12 2 . . bbo:a/a live "},
		},
		"halted from the first": {
			{0, halt, ". . . . . . bbo:/ halted "},
			{0, quoteOf("10 1 12 2"), ". . . . . . bbo:/ halted "},
			{0, open, "10 1 12 2 . . bbo:a/a live "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, steps)
		})
	}
}

func TestTradesOfEveryLegPassOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	bar := &market.Bar{}
	bar.Trade(market.NewDecimal(9, 0), market.NewDecimal(2, 0))
	both := quoteOf("10 1 12 2 11 5")
	both.Trade, both.Trades = true, bar
	for i, s := range []struct {
		leg     int
		u       market.Update
		outcome market.Outcome
		told    int
		want    string
	}{
		{0, tradeOf(7, "11", "3"), market.Accepted, 1, ". . . . 11 3"},
		{1, tradeOf(7, "11.5", "2"), market.Accepted, 2, ". . . . 11.5 2"},
		{1, tradeOf(7, "11.5", "2"), market.Duplicate, 2, ". . . . 11.5 2"},
		{0, tradeOf(6, "11", "3"), market.Late, 2, ". . . . 11.5 2"},
		{0, tradeOf(8, "11.5", "2"), market.Accepted, 3, ". . . . 11.5 2"},
		{0, quoteOf(". . . . 13 1"), market.Accepted, 3, ". . . . 11.5 2"},
		{0, both, market.Accepted, 4, "10 1 12 2 11 5"},
	} {
		if got := r.apply(s.leg, &s.u); got != s.outcome {
			t.Errorf("step %d is %s, want %s", i, got, s.outcome)
		}
		if q := r.quote(); len(r.book.accepted) != s.told || values(q.Known, &q.Values) != s.want {
			t.Errorf("step %d: %d updates, %s, want %s", i, len(r.book.accepted), values(q.Known, &q.Values), s.want)
		}
	}
	for i, u := range r.book.accepted {
		if !u.Trade || (u.Trades == bar) != (i == 3) {
			t.Errorf("update %d: trade %t, bar %v", i, u.Trade, u.Trades)
		}
	}
}

func TestNothingNewIsNotToldAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	for _, s := range []struct{ leg, told int }{{0, 1}, {0, 1}, {1, 1}, {1, 1}} {
		u := quoteOf("10 1 12 2")
		if s.leg == 1 {
			u = quoteOf("9.00 1 12.0 1") // worse
		}
		before := u
		before.Source = r.ids[s.leg][0]
		if got := r.apply(s.leg, &u); got != market.Accepted || u != before {
			t.Errorf("%s, and the leg's update is %+v", got, u)
		}
		if got := len(r.book.accepted); got != s.told {
			t.Errorf("the book was told %d times, want %d", got, s.told)
		}
	}
	if n := r.kill(1, market.Disconnected); n != 0 {
		t.Errorf("a leg that nobody sees changed %d records", n)
	}
	same := quoteOf("10.0 1.00 12 2")
	r.apply(0, &same)
	if got := len(r.book.accepted); got != 1 {
		t.Errorf("other digits of the same numbers were told")
	}
}

func TestBookIsAskedOnceForEachPair(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	for range 3 {
		for leg, text := range []string{"10 1 12 2", "11 1 13 2"} {
			u := quoteOf(text)
			r.apply(leg, &u)
		}
		r.kill(1, market.Disconnected)
	}
	if diff := cmp.Diff([]string{"bbo:a/a", "bbo:b/a"}, r.book.asked); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestLegsThatBeginToBeLeftOutAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, book.Config{})
	for _, s := range []step{
		{0, quoteOf("10 1 11 1"), ""},
		{1, quoteOf("12 1 13 1"), ""},
		{1, quoteOf("12 2 13 1"), ""},
		{0, statusOf(market.Halted, 0), ""},
		{2, quoteOf("9 1 8 1"), ""},
		{2, quoteOf("9 2 8 1"), ""},
	} {
		r.apply(s.leg, &s.u)
	}
	r.kill(1, market.Silent)
	r.kill(1, market.Silent)
	r.wantLeftOut("a", crossed, 1)
	r.wantLeftOut("a", halted, 1)
	r.wantLeftOut("a", stale, 0)
	r.wantLeftOut("b", stale, 1)
	r.wantLeftOut("b", crossed, 0)
	r.wantLeftOut("c", crossed, 1)
}

func TestSymbolOfWhichNothingWasToldIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, book.Config{MaxSymbols: 1})
	for i, s := range []struct {
		symbol market.Symbol
		u      market.Update
		want   market.Outcome
	}{
		{"A", quoteOf(". . . . . . 1 2 3 4"), market.Accepted},
		{"B", statusOf(market.Stale, market.Silent), market.Accepted},
		{"C", quoteOf("10 0 12 0"), market.Accepted},
		{"D", quoteOf("10 1 12 1"), market.Accepted},
		{"E", quoteOf("10 1 12 1"), market.Full},
		{"E", quoteOf("10 1 12 1"), market.Full},
	} {
		s.u.Symbol = s.symbol
		if got := r.apply(0, &s.u); got != s.want {
			t.Errorf("step %d is %s, want %s", i, got, s.want)
		}
	}
	held := 0
	for i := range r.shards {
		held += len(r.shards[i].records)
	}
	if held != 1 {
		t.Errorf("%d symbols are held", held)
	}
}

func TestLineTakesOnlyItsSymbolsWithIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	u := quoteOf("10 1 12 1")
	u.Source = r.ids[0][1]
	r.feeds[0].Apply(&u)
	if n := r.kill(0, market.Disconnected) + r.kill(1, market.Disconnected); n != 0 {
		t.Errorf("%d records changed with lines that told nothing of them", n)
	}
	if n := r.feeds[0].MarkStale(r.ids[0][1], market.Silent); n != 1 || r.quote().Reason != market.Silent {
		t.Errorf("%d records changed, %+v", n, r.quote())
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	bk := book.New(book.Config{})
	for want, cfg := range map[string]Config{"no name": {Book: bk}, "no book": {Name: "x"}} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c, err := New(Config{Name: "x", Book: bk, Now: func() time.Time { return time.Unix(1, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Leg(""); err == nil {
		t.Error("a leg without a name")
	}
	for i := range MaxLegs {
		if _, err := c.Leg(string(rune('a' + i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Leg("a"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second leg of one name: %v", err)
	}
	if _, err := c.Leg("z"); err == nil || !strings.Contains(err.Error(), "has 8") {
		t.Errorf("one leg too many: %v", err)
	}
}

func TestLegsThatSpeakAtOnceLeaveNoCrossedRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, book.Config{})
	var wg sync.WaitGroup
	for leg := range 3 {
		wg.Go(func() {
			for i := range int64(2000) {
				u := quoteOf("")
				u.Put(market.Bid, market.NewDecimal(i%7, 0))
				u.Put(market.Ask, market.NewDecimal(i%7+2, 0))
				r.apply(leg, &u)
				if i%100 == int64(leg) {
					r.kill(leg, market.Disconnected)
				}
			}
		})
	}
	wg.Wait()
	for _, u := range r.book.accepted {
		if u.Set.Has(market.Bid) && u.Values[market.Bid].Cmp(u.Values[market.Ask]) > 0 {
			t.Fatalf("crossed: %s/%s", u.Values[market.Bid], u.Values[market.Ask])
		}
	}
	if q := r.quote(); q.Status != market.Live || int(q.Seq) != len(r.book.accepted) {
		t.Errorf("%d updates told, record %+v", len(r.book.accepted), q)
	}
}

// play has three legs say what stands in the steps.
func play(t *testing.T, steps []step) {
	t.Helper()
	r := newRig(t, 3, book.Config{})
	for i, s := range steps {
		if s.u.Symbol == "" {
			r.kill(s.leg, market.Disconnected)
		} else if got := r.apply(s.leg, &s.u); got != market.Accepted {
			t.Errorf("step %d is %s", i, got)
		}
		q := r.quote()
		got := values(q.Known, &q.Values) + " " + q.Source + " " + q.Status.String() + " " + q.Reason.String()
		if got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
}
