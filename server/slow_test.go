package server_test

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

func withStall(d time.Duration) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Limits.Stall = d }
}

func TestPromise4ClientThatDoesNotReadGetsTheNewestRecordsWhenItReadsAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		idle, other := r.connect(wire.JSON), r.connect(wire.JSON)
		idle.subscribe(20*ms, "S*")
		other.subscribe(20*ms, "S*")
		const symbols, rounds = 200, 1000
		for round := range rounds {
			for i := range symbols {
				r.quote(market.Symbol(fmt.Sprint("S", i)), int64(round))
			}
			start := time.Now()
			got := make(map[market.Symbol]bool)
			for _, a := range other.during(100 * ms) {
				if late := a.at.Sub(start); late > 20*ms {
					t.Fatalf("another client waited for %v in round %d", late, round)
				}
				for _, rec := range a.Records {
					got[rec.Symbol] = true
				}
			}
			if len(got) != symbols {
				t.Fatalf("another client got %d symbols in round %d", len(got), round)
			}
		}
		const newest = rounds - 1
		records := make(map[market.Symbol]int)
		for last := ""; last != strconv.Itoa(newest/100)+"."+strconv.Itoa(newest%100); {
			for _, rec := range idle.quotes().Records {
				records[rec.Symbol]++
				last = bid(&rec)
			}
		}
		// What was on the way when it stopped, a frame that was begun, the newest.
		for symbol, n := range records {
			if n > 4 {
				t.Errorf("%d records of %s for %d updates that nobody read", n, symbol, rounds)
			}
		}
		if len(records) != symbols {
			t.Errorf("%d symbols of %d", len(records), symbols)
		}
	})
}

func TestPromise4ClientIsClosedOnlyWhenItTookNothingForTheStallLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		feeding := sync.WaitGroup{}
		stop := make(chan struct{})
		feeding.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
				}
				for s := range 200 {
					r.quote(market.Symbol(fmt.Sprint("S", s)), int64(i))
				}
			}
		})
		defer feeding.Wait()
		defer close(stop)
		c := r.connect(wire.JSON)
		c.subscribe(20*ms, "S*")
		c.wait(time.Hour)
		for range 5 {
			sleep(2*time.Minute - 5*time.Second)
			if _, err := c.in.Discard(pipeRoom); err != nil {
				t.Fatalf("a client that reads now and then was closed: %v", err)
			}
		}
		if got := r.metric(`ticker_sessions{transport="websocket"}`); got != "1" {
			t.Fatalf("%s sessions", got)
		}
		sleep(5 * time.Minute / 2) // the limit, and twice an eighth of it between two looks
		if got := r.metric(`ticker_session_closes_total{code="4008"}`); got != "1" {
			t.Errorf("%s sessions closed as stalled", got)
		}
		if got := r.metric(`ticker_sessions{transport="websocket"}`); got != "0" {
			t.Errorf("%s sessions", got)
		}
	})
}

func TestClientThatAnswersPingsLivesAndOneThatGivesNoSignOfLifeIsClosed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		alive, deaf := r.connect(wire.JSON), r.connect(wire.JSON)
		deaf.deaf = true
		start := time.Now()
		var reading sync.WaitGroup
		reading.Go(func() {
			if got := deaf.closedWithin(time.Hour); got.code != wire.CloseStalled || time.Since(start) != 2*time.Minute {
				t.Errorf("closed with %+v after %v", got, time.Since(start))
			}
		})
		alive.quietBut(time.Hour)
		reading.Wait()
		if alive.pings < 239 || deaf.pings < 7 {
			t.Errorf("%d and %d pings", alive.pings, deaf.pings)
		}
		alive.ask("1", &wire.Ping{})
		if m, ok := alive.next().(*wire.Pong); !ok || m.ID != "1" || m.TS != time.Now().UnixMicro() {
			t.Errorf("%+v instead of a pong", m)
		}
	})
}

// quietBut says that nothing arrives but heartbeats, one in each period.
func (c *raw) quietBut(d time.Duration) {
	c.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		start := time.Now()
		c.wait(2 * heartbeat)
		m, err := c.try()
		h, ok := m.(*wire.Heartbeat)
		if !ok || h.TS != time.Now().UnixMicro() || h.Cursor == "" {
			c.t.Fatalf("%+v, %v instead of a heartbeat", m, err)
		}
		if waited := time.Since(start); waited > heartbeat+time.Second {
			c.t.Fatalf("%v between two heartbeats", waited)
		}
	}
}

// symbolOf numbers symbols.
func symbolOf(i int) market.Symbol { return market.Symbol(fmt.Sprintf("SYM%04d", i)) }

// flood changes many symbols until stop is called.
func (r *rig) flood(symbols int) (stop func()) {
	ended := make(chan struct{})
	var feeding sync.WaitGroup
	feeding.Go(func() {
		tick := time.NewTicker(ms)
		defer tick.Stop()
		for n := int64(0); ; n++ {
			for i := range symbols {
				r.quote(symbolOf(i), n)
			}
			select {
			case <-tick.C:
			case <-ended:
				return
			}
		}
	})
	return func() {
		close(ended)
		feeding.Wait()
	}
}

// small makes the client's end of a TCP connection hold little.
func (c *raw) small() {
	c.t.Helper()
	if err := c.conn.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		c.t.Fatal(err)
	}
}

func (r *rig) bytesDelivered() string {
	return r.metric(`ticker_delivered_bytes_total{transport="websocket"}`)
}

func TestPromise4WhatWaitsInTheKernelIsBounded(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	c := r.connect(wire.JSON)
	c.small()
	stop := r.flood(500)
	c.subscribe(20*ms, "SYM*")
	// It is blocked when nothing was written for some flushes.
	last, same := "", 0
	eventually(t, "the client is blocked", func() bool {
		if now := r.bytesDelivered(); now == last {
			same++
		} else {
			last, same = now, 0
		}
		return same > 100
	})
	stop()
	written, err := strconv.ParseFloat(last, 64)
	if err != nil {
		t.Fatal(err)
	}
	// The send buffer, the client's receive buffer with what the kernel adds, and
	// one frame.
	if most := float64(128<<10 + 256<<10 + 64<<10); written > most {
		t.Errorf("%.0f bytes were written to a client that reads nothing", written)
	}
	newest := make(map[market.Symbol]uint64)
	eventually(t, "the newest records", func() bool {
		for _, rec := range c.quotes().Records {
			newest[rec.Symbol] = rec.Seq
		}
		for i := range 500 {
			symbol := symbolOf(i)
			if newest[symbol] != r.book.Find(symbol).Seq() {
				return false
			}
		}
		return true
	})
}

func TestStalledClientIsClosedAndLearnsWhyWhenItWakesUp(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withStall(time.Second))
	c := r.connect(wire.JSON)
	c.small()
	stop := r.flood(1000) // frames of 80 KB: one is torn when the client stalls
	defer stop()
	c.subscribe(20*ms, "SYM*")
	eventually(t, "the client is closed", func() bool {
		return r.metric(`ticker_session_closes_total{code="4008"}`) == "1"
	})
	if got := c.closed(); got.code != wire.CloseStalled {
		t.Errorf("closed with %+v", got)
	}
}

func TestSlowReaderIsNeverClosedAndEndsWithTheNewestRecords(t *testing.T) {
	t.Parallel()
	// A busy machine may let this very test stand still for a second.
	r := overTCP(t, withStall(3*time.Second))
	c := r.connect(wire.JSON)
	c.small()
	stop := r.flood(500)
	c.subscribe(20*ms, "SYM*")
	// One frame in 200 ms, of 50 a second, for twice the stall limit.
	tick := time.NewTicker(200 * ms)
	defer tick.Stop()
	for range 30 {
		<-tick.C
		c.quotes()
	}
	stop()
	if got := r.metric(`ticker_session_closes_total{code="4008"}`); got != "" {
		t.Fatalf("%s slow readers were closed", got)
	}
	newest := make(map[market.Symbol]uint64)
	want := make(map[market.Symbol]uint64)
	for i := range 500 {
		symbol := symbolOf(i)
		want[symbol] = r.book.Find(symbol).Seq()
	}
	eventually(t, "the newest records", func() bool {
		for _, rec := range c.quotes().Records {
			newest[rec.Symbol] = rec.Seq
		}
		return cmp.Equal(want, newest)
	})
}

func TestSessionsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for range 50 {
			c := r.connect(wire.JSON)
			c.subscribe(20*ms, "A", "B-*")
			if err := c.conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for name, want := range map[string]string{
			`ticker_sessions{transport="websocket"}`:   "0",
			`ticker_subscriptions`:                     "0",
			`ticker_session_closes_total{code="1006"}`: "50",
		} {
			if got := r.metric(name); got != want {
				t.Errorf("%s is %s", name, got)
			}
		}
	})
}
