package fanout

import (
	"fmt"
	"testing"
	"time"

	"ticker/market"
	"ticker/throttle"
	"ticker/wire"
)

// crowded makes symbols S000 … with a quote each.
func (f *fixture) crowded(n int) {
	for i := range n {
		f.quote(market.Symbol(fmt.Sprintf("S%03d", i)), 100)
	}
}

func TestACappedSessionStaysWithinItsBandwidthAndUsesIt(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{20 * time.Millisecond, time.Second, 5 * time.Second} {
		inBubble(t, func(f *fixture) {
			const symbols, perSecond, seconds = 200, 2500, 30
			f.crowded(symbols)
			c := f.open(wire.JSON, false)
			defer c.close()
			c.SetBandwidth(perSecond)
			c.subscribe(interval, "*")
			seen := make(map[market.Symbol]int)
			for step := range int64(seconds * 50) {
				for i := range symbols {
					f.quote(market.Symbol(fmt.Sprintf("S%03d", i)), step)
				}
				pass(20 * time.Millisecond)
				for _, r := range c.records() {
					if step > 0 && r.Values[market.Bid] != market.NewDecimal(step, 2) {
						t.Fatalf("%v: %s is of step %s, and it is %d", interval, r.Symbol, r.Values[market.Bid], step)
					}
					seen[r.Symbol]++
				}
			}
			most := perSecond*seconds + throttle.NewBandwidth(perSecond, 0, 0).Turn() + maxRecordBytes
			if got := c.Ledger().Bytes; got > uint64(most) || got < perSecond*seconds*3/4 {
				t.Errorf("%v: %d bytes in %d s, want at most %d and three quarters of that", interval, got, seconds, most)
			}
			least, greatest := 1<<30, 0
			for i := range symbols {
				n := seen[market.Symbol(fmt.Sprintf("S%03d", i))]
				least, greatest = min(least, n), max(greatest, n)
			}
			if least == 0 || greatest > least+2 {
				t.Errorf("%v: symbols had %d to %d turns", interval, least, greatest)
			}
		})
	}
}

func TestUnderACapASmallLaneHasItsTurnsBesideALargeOne(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.crowded(300)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.SetBandwidth(4000)
		c.subscribe(20*time.Millisecond, "S*")
		c.subscribe(time.Second, "SLOW")
		slow := 0
		for step := range int64(20 * 50) {
			f.quote("SLOW", step)
			for i := range 300 {
				f.quote(market.Symbol(fmt.Sprintf("S%03d", i)), step)
			}
			pass(20 * time.Millisecond)
			for _, r := range c.records() {
				if r.Symbol == "SLOW" {
					slow++
				}
			}
		}
		if slow < 15 {
			t.Errorf("the symbol at 1s came %d times in 20 s", slow)
		}
	})
}

func TestACursorDoesNotCoverWhatWaitsForBandwidth(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.crowded(50)
		f.quote("FAST", 1)
		pass(time.Second) // cursors come to what there is
		c := f.open(wire.JSON, false)
		defer c.close()
		c.subscribe(20*time.Millisecond, "FAST")
		pass(time.Second)
		c.SetBandwidth(2000)
		c.subscribe(time.Minute, "S*")
		var cursor string
		seen := make(map[market.Symbol]bool)
		for step := range int64(40) {
			f.quote("FAST", step)
			pass(50 * time.Millisecond)
			for _, e := range c.events() {
				for i := range e.Records {
					seen[e.Records[i].Symbol] = true
					if e.Records[i].Symbol == "FAST" {
						cursor = e.Cursor
					}
				}
			}
		}
		if !seen["FAST"] || len(seen) >= 51 {
			t.Fatalf("%d symbols came: want FAST, and not all", len(seen))
		}
		back := f.open(wire.JSON, false)
		defer back.close()
		back.ask(Request{Symbols: []string{"S*"}, Since: cursor})
		settle()
		for _, r := range back.records() {
			seen[r.Symbol] = true
		}
		if len(seen) != 51 {
			t.Errorf("with what a resume brings there are %d symbols, want 51", len(seen))
		}
	})
}

func TestAnswersCountButDoNotWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.quote("A", 1)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.SetBandwidth(1000)
		for range 100 {
			c.unsubscribe("NOTHING") // 50 bytes and more
		}
		c.subscribe(20*time.Millisecond, "A")
		settle()
		if got := len(c.read()); got != 101 {
			t.Errorf("%d answers and events at once, want 101", got)
		}
		pass(3 * time.Second)
		c.expect()
		pass(10 * time.Second)
		c.expect([]string{"A=0.01"})
	})
}

func TestLiftingACapSendsWhatWaited(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.crowded(100)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.SetBandwidth(1)
		c.subscribe(100*time.Millisecond, "*")
		pass(time.Second)
		if events := c.events(); len(events) > 0 {
			t.Fatalf("%d frames at 1 byte a second", len(events))
		}
		c.SetBandwidth(0)
		settle()
		records := 0
		for _, e := range c.events() {
			records += len(e.Records)
		}
		if records != 100 {
			t.Errorf("%d records, want 100 at once", records)
		}
		if g := c.Ledger(); g.Pending != 0 || g.Produced != 100 || g.Delivered != 100 {
			t.Errorf("ledger %+v", g)
		}
	})
}

func TestASnapshotUnderACapComesAsThereIsRoomForIt(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		f.crowded(100)
		c := f.open(wire.JSON, false)
		defer c.close()
		c.SetBandwidth(4000)
		c.subscribe(20*time.Millisecond, "FAST")
		c.subscribe(time.Minute, "S*")
		seen := make(map[market.Symbol]int)
		for step := range int64(400) {
			f.quote("FAST", step)
			pass(10 * time.Millisecond)
			for _, r := range c.records() {
				seen[r.Symbol]++
			}
		}
		if len(seen) != 101 {
			t.Errorf("%d of 101 symbols came in 4 s, with room for two hundred records", len(seen))
		}
		if seen["FAST"] < 20 {
			t.Errorf("the symbol at 20ms came %d times meanwhile", seen["FAST"])
		}
	})
}
