package arbiter

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/book"
	"ticker/market"
)

func TestLegIsOneSourceOfTheBook(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	for leg := range 2 {
		u := quoteOf(uint64(leg)+7, 0, 100)
		u.Source, u.Link = r.ids[leg][0], 9
		before := u
		r.feeds[leg].Apply(&u)
		if u != before {
			t.Errorf("the leg's update became %+v", u)
		}
	}
	if q := r.quote("A"); q.Source != "both" || q.Seq != 2 {
		t.Errorf("record %+v", q)
	}
	if a, b := r.book.accepted[0], r.book.accepted[1]; a.Source != b.Source || a.Source == r.ids[0][0] {
		t.Errorf("sources %d and %d", a.Source, b.Source)
	}
}

func TestSymbolTurnsStaleWithItsLastLeg(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, book.Config{})
	for leg := range 2 {
		u := quoteOf(1, 0, 100)
		r.apply(leg, &u)
	}
	if n := r.kill(0, market.Disconnected); n != 0 {
		t.Errorf("%d symbols turned stale with one leg of two", n)
	}
	if q := r.quote("A"); q.Seq != 1 {
		t.Errorf("clients see %d updates of a leg that was lost", q.Seq-1)
	}
	r.kill(2, market.Disconnected) // it never spoke of A
	r.wantStatus("A", market.Live, market.NoReason)
	if n := r.kill(1, market.Silent); n != 1 {
		t.Errorf("%d symbols turned stale with the last leg", n)
	}
	r.wantStatus("A", market.Stale, market.Silent)
	r.kill(0, market.Disconnected)
	r.wantStatus("A", market.Stale, market.Silent)
}

func TestLineTakesOnlyItsSymbolsWithIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, book.Config{})
	for i, symbol := range []market.Symbol{"A", "B"} {
		u := quoteOf(1, 0, 100)
		u.Symbol, u.Source = symbol, r.ids[0][i]
		r.feeds[0].Apply(&u)
	}
	r.kill(0, market.Disconnected)
	r.wantStatus("A", market.Stale, market.Disconnected)
	r.wantStatus("B", market.Live, market.NoReason)

	// The other line takes A over, and its first line's end is nothing to A.
	u := quoteOf(2, 0, 100)
	u.Source = r.ids[0][1]
	r.feeds[0].Apply(&u)
	r.kill(0, market.Disconnected)
	r.wantStatus("A", market.Live, market.NoReason)
}

func TestOldNewsBringsAStaleSymbolBackAsItWas(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]market.Status{"live": market.Live, "halted": market.Halted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2, book.Config{})
			halt := statusOf(status, market.NoReason)
			quote, old := quoteOf(5, 0, 100), quoteOf(4, 0, 99)
			r.apply(0, &quote)
			r.apply(0, &halt)
			r.kill(0, market.Disconnected)
			if got := r.apply(1, &old); got != market.Late {
				t.Errorf("old news is %s", got)
			}
			r.wantStatus("A", status, market.NoReason)
			if bid := r.quote("A").Values[market.Bid]; !bid.Equal(market.NewDecimal(100, 0)) {
				t.Errorf("the bid went back to %s", bid)
			}
		})
	}
}

func TestALegBehindAnotherIsNotLateByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	for i, step := range []struct {
		leg  int
		u    market.Update
		want market.Outcome
	}{
		{0, quoteOf(1, 0, 1), market.Accepted},
		{1, quoteOf(1, 0, 1), market.Duplicate},
		{0, quoteOf(3, 0, 3), market.Accepted},
		{1, quoteOf(2, 0, 2), market.Behind},
		{0, market.Update{}, 0},            // it dies
		{1, quoteOf(2, 0, 2), market.Late}, // nobody else is there to be behind
	} {
		if step.u.Symbol == "" {
			r.kill(step.leg, market.Disconnected)
			continue
		}
		if got := r.apply(step.leg, &step.u); got != step.want {
			t.Errorf("step %d is %s, want %s", i, got, step.want)
		}
	}
}

func TestLegMayCallASymbolStaleItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	for leg := range 2 {
		u := quoteOf(1, 0, 100)
		r.apply(leg, &u)
	}
	gone := statusOf(market.Stale, market.Silent)
	if got := r.apply(0, &gone); got != market.Duplicate {
		t.Errorf("the first to leave is %s", got)
	}
	r.wantStatus("A", market.Live, market.NoReason)
	if got := r.apply(1, &gone); got != market.Accepted {
		t.Errorf("the last to leave is %s", got)
	}
	r.wantStatus("A", market.Stale, market.Silent)
}

func TestSymbolWithoutRoomInTheBookIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, book.Config{MaxSymbols: 1})
	for i, symbol := range []market.Symbol{"A", "B", "C", "B"} {
		u := quoteOf(1, 0, 100)
		u.Symbol = symbol
		if got := r.apply(0, &u); (got == market.Full) != (i > 0) {
			t.Errorf("%s is %s", symbol, got)
		}
	}
	held := 0
	for i := range r.shards {
		held += len(r.shards[i].records)
	}
	if held != 1 || r.legs[0].symbols.Load() != 1 {
		t.Errorf("%d symbols are held, the leg lives for %d", held, r.legs[0].symbols.Load())
	}
}

func TestWhatBecameOfUpdatesIsCountedForEachLeg(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	for _, s := range []struct {
		leg int
		u   market.Update
	}{
		{0, quoteOf(1, 0, 100)},
		{0, quoteOf(2, 0, 101)},
		{1, quoteOf(1, 0, 100)},
		{1, quoteOf(2, 0, 101)},
		{1, quoteOf(2, 0, 102)},
		{1, quoteOf(3, 0, 103)},
	} {
		r.apply(s.leg, &s.u)
	}
	r.wantCount("a", won, 2)
	r.wantCount("a", late, 0)
	r.wantCount("b", won, 1)
	r.wantCount("b", late, 1)
	r.wantCount("b", duplicate, 1)
	r.wantCount("b", disagreed, 1)
}

func TestLostLegIsToldOnceAndDoesNotComeBackInCharge(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, book.Config{})
	say := func(leg int, seq uint64) {
		u := quoteOf(seq, 0, int64(seq))
		r.apply(leg, &u)
	}
	say(0, 1)
	say(1, 1)
	r.kill(0, market.Disconnected)
	say(0, 2)
	r.kill(0, market.Silent)
	r.kill(1, market.Disconnected)
	r.kill(1, market.Disconnected)
	say(0, 3)
	r.wantLogged(
		`msg="leg in charge" feed=both leg=a`,
		`msg="leg lost" feed=both leg=a reason=disconnected legs_left=1 in_charge=b`,
		`msg="leg lost" feed=both leg=a reason=silent legs_left=1 in_charge=b`,
		`msg="leg lost" feed=both leg=b reason=disconnected legs_left=0 in_charge=""`,
		`msg="leg in charge" feed=both leg=a`,
	)
	r.wantMetric("ticker_feed_failovers_total", "both", 1)
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	bk := book.New(book.Config{})
	for want, cfg := range map[string]Config{
		"no name": {Book: bk}, "no book": {Name: "x"}, "patience": {Name: "x", Book: bk, Patience: -1},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	a, err := New(Config{Name: "x", Book: bk})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Leg(""); err == nil || !strings.Contains(err.Error(), "no name") {
		t.Errorf("a leg without a name: %v", err)
	}
	for i := range MaxLegs {
		if _, err := a.Leg(string(rune('a' + i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Leg("a"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second leg of one name: %v", err)
	}
	if _, err := a.Leg("z"); err == nil || !strings.Contains(err.Error(), "has 4") {
		t.Errorf("one leg too many: %v", err)
	}
}

func TestLegsThatSpeakAtOnceCountEveryTradeOnce(t *testing.T) {
	t.Parallel()
	const trades = 2000
	r := newRig(t, 3, book.Config{})
	var wg sync.WaitGroup
	for leg := range 3 {
		wg.Go(func() {
			for seq := range uint64(trades) {
				u := tradeOf(seq+1, 0, int64(seq+1))
				q := quoteOf(seq+1, 0, int64(seq+1))
				r.apply(leg, &u)
				r.apply(leg, &q)
				if leg > 0 && seq%100 == 99 {
					r.kill(leg, market.Disconnected)
				}
			}
		})
	}
	wg.Wait()
	var want, got []int64
	for i := range r.book.accepted {
		if u := &r.book.accepted[i]; u.Trade {
			got = append(got, whole(u.Values[market.Last]))
			want = append(want, int64(len(got)))
		}
	}
	if len(got) != trades || !slices.Equal(got, want) {
		t.Errorf("%d trades in the book, or not in order", len(got))
	}
	r.wantStatus("A", market.Live, market.NoReason)
}

func TestTimeOfAcceptanceMayBeLeftToTheArbiter(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	bk := book.New(book.Config{})
	a, err := New(Config{Name: "x", Book: bk, Patience: time.Second, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	first, err1 := a.Leg("a")
	second, err2 := a.Leg("b")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	u := quoteOf(0, 0, 100)
	first.Apply(&u)
	now = now.Add(time.Second)
	if got := second.Apply(&u); got != market.Duplicate {
		t.Errorf("the second leg within the patience: %s", got)
	}
	now = now.Add(1)
	if got := second.Apply(&u); got != market.Accepted {
		t.Errorf("the second leg past the patience: %s", got)
	}
}
