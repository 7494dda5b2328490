package fanout

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

// resume opens a session that comes back with a cursor, and returns the symbols
// that it was sent at once.
func (f *fixture) resume(req Request) []market.Symbol {
	f.t.Helper()
	c := f.open(wire.JSON, false)
	defer c.close()
	c.ask(req)
	settle()
	var got []market.Symbol
	for _, r := range c.records() {
		got = append(got, r.Symbol)
	}
	slices.Sort(got)
	return got
}

func TestAResumeBringsWhatChangedAndNothingElse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		f.quote("B", 1)
		f.quote("C", 1)
		pass(time.Second)
		cursor := f.hub.Cursor()
		f.quote("B", 2)
		f.quote("D", 1)
		pass(time.Second)
		later := f.hub.Cursor()
		everything := []market.Symbol{"A", "B", "C", "D"}
		for name, test := range map[string]struct {
			since string
			want  []market.Symbol
		}{
			"from a cursor":   {cursor, []market.Symbol{"B", "D"}},
			"from the newest": {later, nil},
			"without":         {"", everything},
			"another epoch":   {"x" + cursor, everything},
			"of the future":   {later + "zz", everything},
			"no stamp":        {strings.TrimRight(cursor, "0123456789abcdefghijklmnopqrstuvwxyz"), everything},
			"nonsense":        {"\x00.%%%.;", everything},
			"a sign":          {strings.Replace(cursor, ".", ".-", 1), everything},
		} {
			for _, symbols := range [][]string{{"A", "B", "C", "D"}, {"*"}, {"A*", "B", "*"}} {
				if diff := cmp.Diff(test.want, f.resume(Request{Symbols: symbols, Since: test.since})); diff != "" {
					t.Errorf("%s, %v: (-want +got)\n%s", name, symbols, diff)
				}
			}
		}
	})
}

func TestAResumeWithFieldsBringsChangesOfThem(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("BID", 1)
		f.quote("ASK", 1)
		f.quote("STALE", 1)
		pass(time.Second)
		cursor := f.hub.Cursor()
		f.quote("BID", 2)
		u := market.Update{Symbol: "ASK"}
		u.Put(market.Ask, market.NewDecimal(5, 0))
		f.book.Apply(&u)
		f.book.Apply(&market.Update{
			Symbol: "STALE", Set: market.Fields(0).With(market.StatusField), Status: market.Stale, Reason: market.Silent,
		})
		for _, test := range []struct {
			fields market.Fields
			want   []market.Symbol
		}{
			{market.Fields(0).With(market.Bid), []market.Symbol{"BID", "STALE"}},
			{market.Fields(0).With(market.Ask), []market.Symbol{"ASK", "STALE"}},
			{market.Fields(0).With(market.Last), []market.Symbol{"STALE"}},
			{0, []market.Symbol{"ASK", "BID", "STALE"}},
		} {
			got := f.resume(Request{Symbols: []string{"*"}, Fields: test.fields, Since: cursor})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields %b: (-want +got)\n%s", test.fields, diff)
			}
		}
	})
}

// TestAFinishedSessionTellsWhereToGoOn covers whoever asks again and again: what
// happens between two sessions is in the second, and nothing else.
func TestAFinishedSessionTellsWhereToGoOn(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		f.quote("B", 1)
		since := ""
		for round, changed := range [][]market.Symbol{{"A", "B"}, nil, {"B"}, {"A"}, {"A", "B"}, nil} {
			if round > 0 {
				for _, symbol := range changed {
					f.quote(symbol, int64(round))
				}
			}
			pass(safePeriod) // so old a cursor may be
			c := f.open(wire.JSON, false)
			c.ask(Request{Symbols: []string{"A", "B"}, Since: since})
			since = c.Finish()
			var got []market.Symbol
			for _, r := range c.records() {
				got = append(got, r.Symbol)
			}
			slices.Sort(got)
			if diff := cmp.Diff(changed, got); diff != "" {
				t.Errorf("round %d: (-want +got)\n%s", round, diff)
			}
			c.conn.close()
		}
	})
}

func TestAFinishedSessionDoesNotForgetForAChangeInBetween(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.crowded(10)
		pass(time.Second)
		since := ""
		for round := range int64(5) {
			c := f.open(wire.JSON, false)
			c.ask(Request{Symbols: []string{"*"}, Since: since})
			f.quote("S000", round)
			since = c.Finish()
			for _, r := range c.records() {
				if round > 0 && r.Symbol != "S000" {
					t.Errorf("round %d brings %s, which did not change", round, r.Symbol)
				}
			}
			c.conn.close()
			pass(safePeriod)
		}
	})
}

func TestTheLastCursorOfASnapshotIsGoodToResumeFrom(t *testing.T) {
	t.Parallel()
	for _, symbols := range []int{1, surelyOneFrame, surelyOneFrame + 1, 2 * surelyOneFrame, 999} {
		inBubble(t, func(f *fixture) {
			f.crowded(symbols)
			pass(time.Second)
			c := f.open(wire.JSON, false)
			c.subscribe(time.Second, "S*")
			settle()
			events := c.events()
			c.close()
			f.quote("S000", 7)
			f.quote("SX", 7)
			for i, e := range events {
				want := symbols + 1
				if i == len(events)-1 {
					want = 2
				}
				got := f.resume(Request{Symbols: []string{"S*"}, Since: e.Cursor})
				if len(got) != want {
					t.Errorf("%d symbols, frame %d of %d: a resume brings %d, want %d", symbols, i+1, len(events), len(got), want)
				}
			}
		})
	}
}

func TestAStalledClientHearsOfEveryTrade(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		f.trade("A", 100, 1) // before the subscribe: none of its business
		c.ask(Request{Symbols: []string{"*"}, Envelope: true})
		settle()
		if got := c.envelopes(); !slices.Equal(got, []string{"A: 0 trades of 0 to 0, 0 in all"}) {
			t.Errorf("the first record tells %q", got)
		}
		c.conn.setRoom(0)
		f.trade("A", 110, 2)
		f.trade("B", 7, 5) // a symbol that was not there
		pass(time.Hour)
		f.trade("A", 90, 3)
		f.trade("A", 105, 4)
		f.trade("B", 8, 5)
		pass(time.Second)
		c.conn.setRoom(-1)
		pass(time.Second)
		want := []string{"A: 3 trades of 90 to 110, 9 in all", "B: 2 trades of 7 to 8, 10 in all"}
		if got := c.envelopes(); !slices.Equal(got, want) {
			t.Errorf("after an hour: %q, want %q", got, want)
		}
	})
}

func (f *fixture) trade(symbol market.Symbol, price, size int64) {
	f.t.Helper()
	u := market.Update{Symbol: symbol, Trade: true}
	u.Put(market.Last, market.NewDecimal(price, 0))
	u.Put(market.LastSize, market.NewDecimal(size, 0))
	if got := f.book.Apply(&u); got != market.Accepted {
		f.t.Fatalf("Apply: %v", got)
	}
}

// envelopes returns what the envelopes that arrived tell.
func (c *client) envelopes() []string {
	var all []string
	for _, r := range c.records() {
		if r.Envelope != nil {
			all = append(all, string(r.Symbol)+": "+words(r.Envelope))
		}
	}
	slices.Sort(all)
	return all
}
