package fanout

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
	"ticker/wire"
)

func TestSlowClientsGetWhatTheyTakeInAnInterval(t *testing.T) {
	t.Parallel()
	const interval = 100 * time.Millisecond
	var a allowance
	expect := func(want int) {
		t.Helper()
		if got := a.limit(maxFrameBytes); got != want {
			t.Fatalf("limit %d, want %d", got, want)
		}
	}
	expect(maxFrameBytes)
	a.took(200_000, interval, interval, leastFrame) // in time
	a.passed(200_000)
	expect(maxFrameBytes)
	a.took(200_000, interval+interval/4, interval, leastFrame)
	expect(160_000)
	a.took(160_000, 10*interval, interval, leastFrame)
	expect(80_000)
	a.took(10_000, 10*interval, interval, leastFrame)
	expect(leastFrame)
	a.passed(leastFrame / 2) // too short to tell
	a.took(0, interval, interval, leastFrame)
	expect(leastFrame)
	a.passed(leastFrame)
	expect(leastFrame * 9 / 8)
	if got := a.limit(300); got != 300 {
		t.Errorf("limit %d of at most 300", got)
	}
	a.took(4000, interval/10, interval, leastFrame) // too short to tell
	expect(leastFrame * 9 / 8)
	for limit := leastFrame * 9 / 8; limit < maxFrameBytes; {
		a.took(limit, interval/2, interval, leastFrame)
		limit += limit / 2
		expect(min(limit, maxFrameBytes))
	}
	a.took(maxFrameBytes, interval/2, interval, leastFrame)
	expect(maxFrameBytes)
	a.passed(1)
	expect(maxFrameBytes)
}

func TestAllowanceIsNeverBelowTheLeast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var a allowance
		for range rapid.IntRange(1, 50).Draw(rt, "rounds") {
			bytes := rapid.IntRange(0, 64<<20).Draw(rt, "bytes")
			took := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "took"))
			interval := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(rt, "interval"))
			if rapid.Bool().Draw(rt, "blocked") {
				a.took(bytes, took, interval, leastFrame)
			} else {
				a.passed(bytes)
			}
			if got := a.limit(maxFrameBytes); got < leastFrame || got > maxFrameBytes {
				rt.Fatalf("limit %d", got)
			}
		}
	})
}

func TestASlowClientGetsShortFramesInWhichSymbolsTakeTurns(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		const symbols, interval = 20, 100 * time.Millisecond
		f.hub.leastFrame = 200
		c := f.open(wire.JSON, false)
		defer c.close()
		var names []string
		for i := range symbols {
			names = append(names, fmt.Sprintf("S%02d", i))
		}
		c.subscribe(interval, names...)
		settle()
		c.read()
		shortest, turns, last := symbols, map[market.Symbol]int{}, map[market.Symbol]string{}
		for round := range int64(200) {
			for _, name := range names {
				f.quote(market.Symbol(name), round)
			}
			c.conn.setRoom(150) // of some 1,300 bytes
			pass(interval)
			for _, e := range c.events() {
				if shortest = min(shortest, len(e.Records)); round < 100 {
					continue // it takes some rounds to find the measure
				}
				for i := range e.Records {
					turns[e.Records[i].Symbol]++
				}
			}
		}
		if shortest > 5 {
			t.Errorf("no frame of less than %d records", shortest)
		}
		for _, name := range names {
			if turns[market.Symbol(name)] < 3 {
				t.Errorf("%s had %d turns", name, turns[market.Symbol(name)])
			}
		}
		c.conn.setRoom(-1)
		f.quote("S00", 4321)
		pass(3 * time.Second)
		for _, e := range c.events() {
			for i := range e.Records {
				last[e.Records[i].Symbol] = e.Records[i].Values[market.Bid].String()
			}
		}
		for _, name := range names {
			want := "1.99"
			if name == "S00" {
				want = "43.21"
			}
			if got := last[market.Symbol(name)]; got != want {
				t.Errorf("%s ends with %s, want %s", name, got, want)
			}
		}
	})
}
