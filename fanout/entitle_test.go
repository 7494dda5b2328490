package fanout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/wire"
)

// rights are names and patterns, looked through one by one.
type rights []string

func (r rights) MayRead(symbol market.Symbol) bool {
	return slices.ContainsFunc(r, func(text string) bool {
		p, err := market.ParsePattern(text)
		return err == nil && p.Match(symbol)
	})
}

func (r rights) MayReadAny(p market.Pattern) bool {
	return slices.ContainsFunc(r, func(text string) bool {
		stem, prefix := strings.CutSuffix(text, "*")
		mine := stemOf(p)
		return strings.HasPrefix(stem, mine) || prefix && strings.HasPrefix(mine, stem)
	})
}

// removed answers an Entitle.
func (c *client) removed(dst []byte, removed []string) []byte {
	slices.Sort(removed)
	return c.codec.AppendMessage(dst, &wire.Response{ID: "e", Result: &wire.Unsubscribed{Subscribed: removed}})
}

// entitle changes what a client of the model may have.
func (m *lawModel) entitle(c *lawClient, to []string) {
	c.rights = rights(to)
	if c.rights == nil {
		c.rights = rights{}
	}
	c.asked = slices.DeleteFunc(c.asked, func(o asked) bool { return !c.mayHave(o.name) })
	for symbol, h := range c.has {
		h.again++
		c.has[symbol] = h
	}
	for _, symbol := range lawSymbols() {
		switch _, barred := c.barred[symbol]; {
		case c.rights.MayRead(symbol):
			delete(c.barred, symbol)
		case !barred:
			c.barred[symbol] = uint64(len(m.records[symbol]))
		}
	}
	m.listen(c)
	c.Entitle(Entitlement{Rights: c.rights}, c.removed)
}

// guard refuses a record that its client may not have. One that was on its way when
// the rights changed may still come.
func (c *lawClient) guard(r *wire.Record) error {
	if from, barred := c.barred[r.Symbol]; barred && r.Seq > from {
		return fmt.Errorf("%s %d came, and was forbidden from %d on", r.Symbol, r.Seq, from)
	}
	return nil
}

// mayHave tells whether a client may subscribe to an entry.
func (c *lawClient) mayHave(name string) bool {
	p, err := market.ParsePattern(name)
	switch {
	case c.rights == nil || err != nil:
		return true
	case p.Prefix():
		return c.rights.MayReadAny(p)
	}
	return c.rights.MayRead(market.Symbol(name))
}

func TestAClientIsSentOnlyWhatItMayHave(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A1", 1)
		f.quote("B1", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.Entitle(Entitlement{Rights: rights{"A*", "C"}}, c.removed)
		var got Subscribed
		err := c.Subscribe(Request{Symbols: []string{"*", "B*", "B1", "C", "A1"}}, func(dst []byte, r Subscribed) []byte {
			got = r
			return c.answer(dst, r)
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"*", "A1", "C"}, got.Subscribed); diff != "" {
			t.Error(diff)
		}
		if len(got.Rejected) != 2 || !errors.Is(got.Rejected[0].Err, ErrForbidden) || !errors.Is(got.Rejected[1].Err, ErrForbidden) {
			t.Errorf("rejected %+v", got.Rejected)
		}
		f.quote("A2", 1)
		f.quote("B2", 1)
		pass(time.Second)
		var all []string
		for _, e := range c.events() {
			all = append(all, bids(e)...)
		}
		if diff := cmp.Diff([]string{"A1=0.01", "A2=0.01"}, all); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRightsThatShrinkTakeAwayAndThoseThatGrowGive(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		for _, symbol := range []market.Symbol{"A1", "A2", "B1"} {
			f.quote(symbol, 1)
		}
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(20*time.Millisecond, "A1", "A*", "B*")
		settle()
		c.read()
		var removed []string
		entitle := func(to ...string) {
			c.Entitle(Entitlement{Rights: rights(to)}, func(dst []byte, names []string) []byte {
				removed = names
				return c.removed(dst, names)
			})
			settle()
		}
		entitle("A2")
		if diff := cmp.Diff([]string{"A1", "B*"}, removed); diff != "" {
			t.Error(diff)
		}
		f.quote("A1", 2)
		f.quote("B1", 2)
		f.quote("A2", 2)
		pass(time.Second)
		c.expect([]string{"A2=0.02"})
		entitle("*")
		c.expect([]string{"A1=0.02"}) // the pattern is still there; the name and B* are not
		if len(removed) != 0 {
			t.Errorf("removed %v by more rights", removed)
		}
	})
}

func TestAnEntitlementSlowsDownAndBoundsASession(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(20*time.Millisecond, "A", "P*")
		f.quote("A", 0)
		f.quote("P1", 0)
		pass(time.Second)
		c.read()
		c.Entitle(Entitlement{Interval: time.Second, Symbols: 3}, c.removed)
		frames := 0
		for i := range int64(500) {
			f.quote("A", i)
			f.quote("P1", i)
			pass(10 * time.Millisecond)
			frames += len(c.events())
		}
		if frames < 4 || frames > 6 {
			t.Errorf("%d frames in 5 s at an interval of a second", frames)
		}
		var granted time.Duration
		fast := 20 * time.Millisecond
		err := c.Subscribe(Request{Symbols: []string{"B"}, Interval: &fast}, func(dst []byte, r Subscribed) []byte {
			granted = r.Interval
			return c.answer(dst, r)
		})
		if err != nil || granted != time.Second {
			t.Errorf("granted %v, %v; want 1s", granted, err)
		}
		err = c.Subscribe(Request{Symbols: []string{"C"}}, c.answer)
		if !errors.Is(err, ErrTooManySymbols) {
			t.Errorf("a fourth entry: %v", err)
		}
	})
}

func TestAPatternGoesOnWithWhatIsLeftOfItsSymbols(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		f.quote("B", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(20*time.Millisecond, "*")
		settle()
		c.read()
		c.Entitle(Entitlement{Rights: rights{"A"}}, c.removed)
		f.quote("A", 2)
		f.quote("B", 2)
		pass(time.Second)
		c.expect([]string{"A=0.02"})
	})
}

func TestAnEntitlementThatNobodyIsToldOfSendsNoFrame(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		f.quote("B", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		silent := func(dst []byte, _ []string) []byte { return dst }
		c.Entitle(Entitlement{Rights: rights{"A"}}, silent)
		c.subscribe(20*time.Millisecond, "*")
		settle()
		c.read()
		c.Entitle(Entitlement{Rights: rights{"A"}}, silent)
		settle()
		if got := c.read(); len(got) > 0 {
			t.Errorf("it sent %q", got)
		}
		c.Entitle(Entitlement{}, silent)
		settle()
		c.expect([]string{"B=0.01"})
	})
}
