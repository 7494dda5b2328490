package fanout

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
	"ticker/wire"
)

// TestTheLongestPatternCovers holds the look-up by stems against a look
// through all patterns.
func TestTheLongestPatternCovers(t *testing.T) {
	t.Parallel()
	stem := rapid.StringMatching(`[AB]{0,4}`)
	rapid.Check(t, func(rt *rapid.T) {
		var set patterns
		model := make(map[string]*subscription)
		for range rapid.IntRange(0, 30).Draw(rt, "changes") {
			p, err := market.ParsePattern(stem.Draw(rt, "stem") + "*")
			if err != nil {
				rt.Fatal(err)
			}
			if rapid.Bool().Draw(rt, "remove") {
				set.remove(p)
				delete(model, stemOf(p))
			} else {
				sub := &subscription{pattern: p}
				set.put(sub)
				model[stemOf(p)] = sub
			}
		}
		symbol := market.Symbol(rapid.StringMatching(`[AB]{1,5}`).Draw(rt, "symbol"))
		var want *subscription
		var lengths uint64
		for stem, sub := range model {
			lengths |= 1 << len(stem)
			if sub.pattern.Match(symbol) && (want == nil || len(stem) > len(stemOf(want.pattern))) {
				want = sub
			}
		}
		if got := set.covering(symbol); got != want {
			rt.Fatalf("%s is covered by %v, want %v", symbol, got, want)
		}
		if set.len() != len(model) || set.lengths != lengths {
			rt.Fatalf("%d patterns of lengths %b, want %d of %b", set.len(), set.lengths, len(model), lengths)
		}
	})
}

func TestNothingIsLeftOfSubscriptionsThatEnded(t *testing.T) {
	t.Parallel()
	for _, room := range []int{-1, 0} {
		inBubble(t, func(f *fixture) {
			f.quote("A", 1)
			c := f.open(wire.JSON, false)
			defer c.close()
			c.conn.setRoom(room)
			c.subscribe(time.Second, "A*", "B*", "A", "X")
			c.subscribe(2*time.Second, "A*", "X")
			c.subscribe(3*time.Second, "A*", "A")
			c.unsubscribe("A*", "X")
			c.unsubscribe("A", "B*", "A*")
			settle()
			c.mu.Lock()
			lanes, subscriptions := len(c.lanes), f.hub.metrics.subscriptions.Load()
			c.mu.Unlock()
			if lanes != 0 || subscriptions != 0 {
				t.Errorf("room %d: %d lanes and %d subscriptions are left", room, lanes, subscriptions)
			}
			if g := c.Ledger(); g.Produced != g.Delivered+g.Conflated || g.Pending != 0 {
				t.Errorf("room %d: ledger %+v", room, g)
			}
		})
	}
}

func TestAPatternLeavesTheSymbolsOfOthersAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		f.quote("B", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(time.Second, "A*")
		f.quote("A", 2)
		settle()
		c.read()
		f.quote("A", 3) // waits for its interval
		c.subscribe(time.Second, "B*")
		settle()
		c.expect([]string{"B=0.01"})
	})
}
