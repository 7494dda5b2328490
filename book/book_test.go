package book

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
)

// encodeFields writes what a test wants to see of a record: its sequence and
// the set of fields.
func encodeFields(_ uint8, dst []byte, q *market.Quote, set market.Fields, _ *market.Envelope) []byte {
	return fmt.Appendf(dst, "%s %d %012b", q.Symbol, q.Seq, set)
}

func newBook(tb testing.TB, maxSymbols int) *Book {
	tb.Helper()
	return New(Config{MaxSymbols: maxSymbols, Encode: encodeFields})
}

func decimal(tb testing.TB, text string) market.Decimal {
	tb.Helper()
	d, err := market.ParseDecimal(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// bidOf is an update of one bid.
func bidOf(tb testing.TB, symbol market.Symbol, bid string) *market.Update {
	tb.Helper()
	u := &market.Update{Symbol: symbol}
	u.Put(market.Bid, decimal(tb, bid))
	return u
}

func apply(tb testing.TB, b *Book, u *market.Update) {
	tb.Helper()
	if got := b.Apply(u); got != market.Accepted {
		tb.Fatalf("Apply(%+v) = %v", u, got)
	}
}

func TestApplyKeepsWhatAnUpdateDoesNotCarry(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	id := b.Source("sim")
	first := bidOf(t, "AAPL", "189.98")
	first.Put(market.Ask, decimal(t, "190.01"))
	first.TS, first.Recv, first.Source = 5, 6, id
	apply(t, b, first)
	second := bidOf(t, "AAPL", "189.99")
	second.Recv, second.Source = 7, id
	apply(t, b, second)

	want := market.Quote{
		Symbol: "AAPL", Seq: 2, TS: 5, Recv: 7, Source: "sim",
		Known: market.Fields(0).With(market.Bid).With(market.Ask),
	}
	want.Values[market.Bid], want.Values[market.Ask] = decimal(t, "189.99"), decimal(t, "190.01")
	got := b.Find("AAPL").Quote()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b market.Decimal) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestOrderIsJudgedPerSourceAndChannel(t *testing.T) {
	t.Parallel()
	type step struct {
		source  market.SourceID
		channel market.Channel
		link    uint32
		seq     uint64
		ts      int64
		trade   bool
		want    market.Outcome
	}
	future := time.Now().Add(48 * time.Hour).UnixMicro()
	cases := map[string][]step{
		"a lower sequence is late":               {{seq: 5}, {seq: 4, want: market.Late}, {seq: 6}},
		"an equal sequence is accepted":          {{seq: 5}, {seq: 5}},
		"an equal trade is a duplicate":          {{seq: 5, trade: true}, {seq: 5, trade: true, want: market.Duplicate}},
		"a sequence beats the time":              {{seq: 5, ts: 90}, {seq: 6, ts: 80}},
		"without a sequence the time orders":     {{ts: 90}, {ts: 89, want: market.Late}, {ts: 90}, {ts: 91}},
		"without either all is accepted":         {{ts: 90}, {}, {ts: 90}},
		"another channel has its own order":      {{seq: 5}, {channel: market.Trades, seq: 1}},
		"another source has its own order":       {{seq: 5}, {source: 1, seq: 1}},
		"a new link with later time counts anew": {{seq: 5, ts: 90}, {link: 1, seq: 1, ts: 91}, {link: 1, seq: 1}},
		"a new link with older time is a replay": {{seq: 5, ts: 90}, {link: 1, seq: 4, ts: 89, want: market.Late}},
		"the same link does not count anew":      {{seq: 5, ts: 90}, {seq: 1, ts: 91, want: market.Late}},
		"a far future orders nothing":            {{ts: 90}, {ts: future}, {ts: 91}},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBook(t, 0)
			b.Source("one")
			b.Source("two")
			for i, st := range steps {
				u := bidOf(t, "X", "1")
				u.Source, u.Channel, u.Link, u.Seq, u.TS, u.Trade = st.source, st.channel, st.link, st.seq, st.ts, st.trade
				if got := b.Apply(u); got != st.want {
					t.Errorf("step %d: %v, want %v", i, got, st.want)
				}
			}
		})
	}
}

func TestStatusReturnsToWhatItWas(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	id := b.Source("push")
	status := func(s market.Status) *market.Update {
		u := bidOf(t, "X", "1")
		u.Source, u.Status = id, s
		u.Set = u.Set.With(market.StatusField)
		return u
	}
	check := func(want market.Status, reason market.Reason) {
		t.Helper()
		if q := b.Find("X").Quote(); q.Status != want || q.Reason != reason {
			t.Errorf("status %v %v, want %v %v", q.Status, q.Reason, want, reason)
		}
	}
	apply(t, b, status(market.Halted))
	apply(t, b, bidOf(t, "X", "2"))
	check(market.Halted, market.NoReason)
	b.MarkStale(id, market.Silent)
	check(market.Stale, market.Silent)
	b.MarkStale(id, market.Disconnected)
	check(market.Stale, market.Disconnected)
	apply(t, b, bidOf(t, "X", "3"))
	check(market.Halted, market.NoReason)
	apply(t, b, status(market.Live))
	b.MarkStale(id, market.Silent)
	apply(t, b, bidOf(t, "X", "4"))
	check(market.Live, market.NoReason)
}

func TestMarkStaleIsOneUpdateForTheSourcesOwnSymbols(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	a, other := b.Source("a"), b.Source("b")
	for symbol, id := range map[market.Symbol]market.SourceID{"A1": a, "A2": a, "B1": other} {
		u := bidOf(t, symbol, "1")
		u.Source = id
		apply(t, b, u)
	}
	if n := b.MarkStale(a, market.Disconnected); n != 2 {
		t.Errorf("MarkStale changed %d records, want 2", n)
	}
	if n := b.MarkStale(a, market.Disconnected); n != 0 {
		t.Errorf("marking again changed %d records", n)
	}
	for symbol, want := range map[market.Symbol]uint64{"A1": 2, "A2": 2, "B1": 1} {
		if got := b.Find(symbol).Quote().Seq; got != want {
			t.Errorf("%s has seq %d, want %d", symbol, got, want)
		}
	}
}

func TestAppendSelectsWhatTheReaderWants(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	apply(t, b, bidOf(t, "X", "1")) // 1: bid
	ask := &market.Update{Symbol: "X"}
	ask.Put(market.Ask, decimal(t, "2"))
	apply(t, b, ask)                // 2: ask
	apply(t, b, bidOf(t, "X", "1")) // 3: nothing changed
	const (
		bid, askOnly = market.Fields(1 << market.Bid), market.Fields(1 << market.Ask)
		source       = market.Fields(1 << market.SourceField)
		status       = market.Fields(1 << market.StatusField)
		nothing      = "-"
	)
	record := func(set market.Fields) string { return fmt.Sprintf("X 3 %012b", set) }
	cases := map[string]struct {
		want Want
		text string
	}{
		"full":                            {Want{Since: 2, Fields: market.AllValues}, record(bid | askOnly | source)},
		"one field":                       {Want{Since: 1, Fields: askOnly}, record(askOnly | source)},
		"one field without a change":      {Want{Since: 2, Fields: askOnly}, nothing},
		"one field, always":               {Want{Since: 2, Fields: askOnly, Always: true}, record(askOnly | source)},
		"first record of a delta":         {Want{Fields: market.AllValues, Delta: true}, record(bid | askOnly | source | status)},
		"delta":                           {Want{Since: 1, Fields: market.AllValues, Delta: true}, record(askOnly)},
		"delta without a changed value":   {Want{Since: 2, Fields: market.AllValues, Delta: true}, record(0)},
		"delta of a field without change": {Want{Since: 1, Fields: bid, Delta: true}, nothing},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, info := b.Find("X").Append(nil, &tc.want)
			if tc.text == nothing {
				tc.text = ""
			}
			if string(got) != tc.text || info.Appended != (tc.text != "") || info.Seq != 3 {
				t.Errorf("got %q %+v, want %q", got, info, tc.text)
			}
		})
	}
}

func TestArmFiresOnceForTheFirstChange(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	var fired []*Arm
	b.Notify(func(f Fired) {
		fired = append(fired, f.Arms()...)
		b.Recycle(f)
	})
	apply(t, b, bidOf(t, "X", "1"))
	c := b.Find("X")
	arms := make([]*Arm, 5)
	for i := range arms {
		arms[i] = &Arm{Reader: i}
		if !c.Arm(arms[i], 1) {
			t.Fatal("could not arm at the newest sequence")
		}
	}
	c.Disarm(arms[1])
	c.Disarm(arms[1])
	if c.Arm(&Arm{}, 0) {
		t.Error("armed at a sequence that had passed")
	}
	apply(t, b, bidOf(t, "X", "2"))
	apply(t, b, bidOf(t, "X", "3"))
	if len(fired) != 4 {
		t.Errorf("%d registrations fired, want 4", len(fired))
	}
	for _, a := range fired {
		if a == arms[1] {
			t.Error("a registration fired that was taken back")
		}
	}
	if c.Disarm(arms[0]); !c.Arm(arms[0], 3) {
		t.Error("could not arm again")
	}
}

func TestNamesThatNobodyQuotesLeaveNothing(t *testing.T) {
	t.Parallel()
	b := newBook(t, 2)
	x, err := b.Acquire("X")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := b.Acquire("X"); again != x {
		t.Error("two cells for one symbol")
	}
	if _, err := b.Acquire("Y"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Acquire("Z"); err == nil {
		t.Error("the book took more symbols than its limit")
	}
	if got := b.Apply(bidOf(t, "Z", "1")); got != market.Full {
		t.Errorf("Apply on a full book: %v", got)
	}
	b.Release(x)
	if b.Find("X") == nil {
		t.Error("the cell went before its last reader")
	}
	b.Release(x)
	if b.Find("X") != nil {
		t.Error("the empty cell outlived its readers")
	}
	apply(t, b, bidOf(t, "Y", "1"))
	y := b.Find("Y")
	b.Release(y)
	if b.Find("Y") != y {
		t.Error("a cell with data went with its reader")
	}
}

func TestRosterListsSymbolsByName(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	for _, s := range []market.Symbol{"BTC-USD", "AAPL", "BTC-EUR", "MSFT", "BTC-GBP"} {
		apply(t, b, bidOf(t, s, "1"))
	}
	if _, err := b.Acquire("AAAA"); err != nil {
		t.Fatal(err)
	}
	type page struct {
		symbols []market.Symbol
		more    bool
	}
	get := func(prefix string, after market.Symbol, limit int) page {
		symbols, more := b.Roster().Symbols(prefix, after, limit)
		return page{symbols, more}
	}
	for _, tc := range []struct{ got, want page }{
		{get("", "", 10), page{[]market.Symbol{"AAPL", "BTC-EUR", "BTC-GBP", "BTC-USD", "MSFT"}, false}},
		{get("BTC-", "", 2), page{[]market.Symbol{"BTC-EUR", "BTC-GBP"}, true}},
		{get("BTC-", "BTC-GBP", 2), page{[]market.Symbol{"BTC-USD"}, false}},
		{get("ZZZ", "", 2), page{nil, false}},
	} {
		if len(tc.got.symbols) != len(tc.want.symbols) || !cmp.Equal(tc.got.more, tc.want.more) ||
			fmt.Sprint(tc.got.symbols) != fmt.Sprint(tc.want.symbols) {
			t.Errorf("got %v, want %v", tc.got, tc.want)
		}
	}
}

// TestRecordsEqualASlowFold holds the book against a model that keeps every
// accepted update and folds all of them anew for every question.
func TestRecordsEqualASlowFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := New(Config{Encode: encodeFields})
		var accepted []market.Update
		for range rapid.IntRange(1, 60).Draw(rt, "updates") {
			u := drawUpdate(rt)
			if b.Apply(&u) == market.Accepted {
				accepted = append(accepted, u)
			}
		}
		c := b.Find("X")
		got, want := c.Quote(), slowFold(accepted)
		if got.Seq != want.Seq || got.Values != want.Values || got.Known != want.Known || got.TS != want.TS {
			rt.Fatalf("book %+v\nmodel %+v", got, want)
		}
		since := rapid.Uint64Range(0, got.Seq).Draw(rt, "since")
		before := slowFold(accepted[:since])
		c.shard.mu.Lock()
		news := c.changedLocked(since)
		c.shard.mu.Unlock()
		for f := range market.NumValues {
			same := got.Values[f] == before.Values[f] && got.Known.Has(f) == before.Known.Has(f)
			if !same && !news.Has(f) {
				rt.Fatalf("%v changed after %d and is not told", f, since)
			}
		}
	})
}

func drawUpdate(rt *rapid.T) market.Update {
	u := market.Update{Symbol: "X", TS: rapid.Int64Range(0, 20).Draw(rt, "ts")}
	u.Seq = rapid.Uint64Range(0, 20).Draw(rt, "seq")
	for f := range market.NumValues {
		if rapid.Bool().Draw(rt, "carries") {
			u.Put(f, market.NewDecimal(rapid.Int64Range(-2, 2).Draw(rt, "value"), 2))
		}
	}
	return u
}

func slowFold(updates []market.Update) market.Quote {
	q := market.Quote{Seq: uint64(len(updates))}
	for _, u := range updates {
		for f := range market.NumValues {
			if u.Set.Has(f) {
				q.Values[f] = u.Values[f]
				q.Known = q.Known.With(f)
			}
		}
		if u.TS != 0 {
			q.TS = u.TS
		}
	}
	return q
}

// TestNoWakeUpIsLost races a writer with a reader that arms, looks and sleeps.
// If a change could slip between the look and the registration, the reader
// would sleep for ever, and the test with it.
func TestNoWakeUpIsLost(t *testing.T) {
	t.Parallel()
	const updates = 20_000
	b := newBook(t, 0)
	wake := make(chan struct{}, 1)
	b.Notify(func(f Fired) {
		for range f.Arms() {
			wake <- struct{}{}
		}
		b.Recycle(f)
	})
	c, err := b.Acquire("X")
	if err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		u := bidOf(t, "X", "1")
		for range updates {
			b.Apply(u)
		}
	})
	arm := &Arm{}
	for seen := uint64(0); seen < updates; {
		if c.Arm(arm, seen) {
			<-wake
		}
		seen = c.Seq()
	}
	writer.Wait()
}

func TestSafeCoversOnlyWhatIsVisible(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	if b.AdvanceSafe() != 0 || b.Safe() != 0 {
		t.Error("an empty book has a stamp")
	}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for n := range 2000 {
				b.Apply(bidOf(t, market.Symbol(fmt.Sprintf("S%d-%d", i, n%50)), "1"))
			}
		})
	}
	for range 200 {
		safe := b.AdvanceSafe()
		var visible uint64
		for _, c := range b.Roster().From(0) {
			visible += c.Seq()
		}
		// Every update has a stamp of its own, so at least as many updates as
		// the safe stamp says are to be seen.
		if visible < safe {
			t.Fatalf("safe is %d, but only %d updates are visible", safe, visible)
		}
	}
	writers.Wait()
	if got := b.AdvanceSafe(); got != 8000 {
		t.Errorf("safe is %d after 8000 updates", got)
	}
}

func TestApplyAndAppendDoNotAllocate(t *testing.T) {
	b := newBook(t, 0)
	b.encode = func(_ uint8, dst []byte, q *market.Quote, _ market.Fields, _ *market.Envelope) []byte {
		return append(dst, q.Symbol...)
	}
	u := bidOf(t, "X", "1")
	b.Apply(u)
	c, buf := b.Find("X"), make([]byte, 0, 256)
	want := &Want{Fields: market.AllValues}
	allocs := testing.AllocsPerRun(1000, func() {
		b.Apply(u)
		buf, _ = c.Append(buf[:0], want)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for an update and a read", allocs)
	}
}

func TestLinesOfAFeedShareItsNameAndTurnStaleByThemselves(t *testing.T) {
	t.Parallel()
	b := newBook(t, 0)
	one, two := b.Line("venue"), b.Line("venue")
	for symbol, line := range map[market.Symbol]market.SourceID{"A": one, "B": two} {
		u := bidOf(t, symbol, "1")
		u.Source = line
		apply(t, b, u)
	}
	if n := b.MarkStale(two, market.Silent); n != 1 {
		t.Errorf("%d symbols of the line turned stale", n)
	}
	for symbol, want := range map[market.Symbol]market.Status{"A": market.Live, "B": market.Stale} {
		if q := b.Find(symbol).Quote(); q.Status != want || q.Source != "venue" {
			t.Errorf("%s is %s, from %s", symbol, q.Status, q.Source)
		}
	}
	if one == two || b.Source("venue") != one {
		t.Errorf("lines %d and %d, and the feed %d", one, two, b.Source("venue"))
	}
}
