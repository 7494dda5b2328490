package server_test

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

func TestPromise4AStreamThatNobodyReadsDelaysNoneAndGoesOnWithTheNewest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		idle, other := r.events("symbols=S*&interval=20ms"), r.events("symbols=S*&interval=20ms")
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
				for i := range a.Records {
					got[a.Records[i].Symbol] = true
				}
			}
			if len(got) != symbols {
				t.Fatalf("another client got %d symbols in round %d", len(got), round)
			}
		}
		records, newest := make(map[market.Symbol]int), make(map[market.Symbol]uint64)
		for _, a := range idle.during(time.Second) {
			for i := range a.Records {
				records[a.Records[i].Symbol]++
				newest[a.Records[i].Symbol] = a.Records[i].Seq
			}
		}
		if len(records) != symbols {
			t.Errorf("%d symbols of %d", len(records), symbols)
		}
		for symbol, n := range records {
			// What was on the way when it stopped, an event that was begun, the newest.
			if n > 4 || newest[symbol] != rounds {
				t.Errorf("%d records of %s, up to %d of %d", n, symbol, newest[symbol], rounds)
			}
		}
	})
}

// churn changes many symbols at one time, again and again, until stop is called.
func (r *rig) churn(symbols int, every time.Duration) (stop func()) {
	ended := make(chan struct{})
	var feeding sync.WaitGroup
	feeding.Go(func() {
		tick := time.NewTicker(every)
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

func TestPromise4AStreamEndsOnlyWhenItTookNothingForTheStallLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		stop := r.churn(200, time.Second)
		defer stop()
		s := r.events("symbols=SYM*&interval=20ms")
		s.wait(time.Hour)
		for range 5 {
			sleep(2*time.Minute - 5*time.Second)
			if _, err := s.in.Discard(pipeRoom); err != nil {
				t.Fatalf("a client that reads now and then was cut off: %v", err)
			}
		}
		if got := r.metric(`ticker_sessions{transport="sse"}`); got != "1" {
			t.Fatalf("%s sessions", got)
		}
		sleep(5 * time.Minute / 2) // the limit, and twice an eighth of it between two looks
		for name, want := range map[string]string{
			`ticker_session_closes_total{code="4008"}`: "1",
			`ticker_sessions{transport="sse"}`:         "0",
			`ticker_subscriptions`:                     "0",
		} {
			if got := r.metric(name); got != want {
				t.Errorf("%s is %s", name, got)
			}
		}
	})
}

// narrow makes the client's end of a TCP connection hold little.
func (s *stream) narrow() {
	s.t.Helper()
	if err := s.conn.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		s.t.Fatal(err)
	}
}

// catchUp reads until the newest record of every symbol has come.
func (r *rig) catchUp(s *stream, symbols int) {
	r.t.Helper()
	want, newest := make(map[market.Symbol]uint64), make(map[market.Symbol]uint64)
	for i := range symbols {
		want[symbolOf(i)] = r.book.Find(symbolOf(i)).Seq()
	}
	eventually(r.t, "the newest records", func() bool {
		q := s.quotes()
		for i := range q.Records {
			newest[q.Records[i].Symbol] = q.Records[i].Seq
		}
		return cmp.Equal(want, newest)
	})
}

func TestPromise4WhatWaitsInTheKernelForAStreamIsBounded(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	const symbols = 500
	s, got := r.askEvents("symbols=SYM*&interval=20ms")
	s.narrow()
	s.begin(got)
	stop := r.churn(symbols, 20*ms)
	// It is blocked when nothing was written for some flushes.
	last, same := "", 0
	eventually(t, "the client is blocked", func() bool {
		now := r.metric(`ticker_delivered_bytes_total{transport="sse"}`)
		if same++; now != last || now == "0" {
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
	// one event.
	if most := float64(128<<10 + 256<<10 + 64<<10); written > most {
		t.Errorf("%.0f bytes were written to a client that reads nothing", written)
	}
	r.catchUp(s, symbols)
}

func TestAStreamThatIsReadSlowlyIsNeverCutOff(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withStall(2*time.Second))
	const symbols = 500
	s, got := r.askEvents("symbols=SYM*&interval=20ms")
	s.narrow()
	s.begin(got)
	stop := r.churn(symbols, 20*ms)
	// One event in 200 ms, of 50 a second, for twice the stall limit.
	tick := time.NewTicker(200 * ms)
	defer tick.Stop()
	for range 20 {
		<-tick.C
		s.quotes()
	}
	stop()
	if got := r.metric(`ticker_session_closes_total{code="4008"}`); got != "" {
		t.Fatalf("%s slow readers were cut off", got)
	}
	r.catchUp(s, symbols)
}

func TestAStreamThatIsNotReadIsCutOffOverTCPAndTLS(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, ...change) *rig{"TCP": overTCP, "TLS": overTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, withStall(time.Second))
			stop := r.churn(1000, 20*ms)
			defer stop()
			r.events("symbols=SYM*&interval=20ms")
			eventually(t, "the stream is cut off", func() bool {
				return r.metric(`ticker_session_closes_total{code="4008"}`) == "1" &&
					r.metric(`ticker_sessions{transport="sse"}`) == "0"
			})
		})
	}
}
