package server_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"ticker/book"
	"ticker/fanout"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// withBug is a service that panics over the symbol PANIC, so many times.
func withBug(times int64) change {
	var count atomic.Int64
	return func(_ testing.TB, cfg *server.Config) {
		cfg.Book = book.New(book.Config{Encode: func(codec uint8, dst []byte, q *market.Quote, set market.Fields, trades *market.Envelope) []byte {
			if q.Symbol == "PANIC" && count.Add(1) <= times {
				panic("a bug")
			}
			return fanout.Encode(codec, dst, q, set, trades)
		}})
	}
}

func TestPanicEndsItsStreamOrPollAlone(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"at the beginning": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := overTCP(t, withBug(1<<30)) // whose frames are written by who asked for them
			r.quote("FINE", 1)
			cursor := r.poll("symbols=FINE").Cursor
			other := r.events("symbols=FINE&interval=20ms")
			other.quotes()
			if early {
				r.quote("PANIC", 1)
			}
			s, _ := r.askEvents("symbols=FINE,PANIC&since=" + cursor)
			var polling sync.WaitGroup
			var got answer
			polling.Go(func() { got = r.get("/v1/poll?symbols=FINE,PANIC&cursor=" + cursor) })
			if !early {
				eventually(t, "both wait", func() bool { return r.metric(`ticker_subscriptions`) == "5" })
				r.quote("PANIC", 1)
			}
			s.end()
			polling.Wait()
			if got.problem(t).Code != wire.CodeInternal || got.header.Get("Ticker-Cursor") != "" {
				t.Errorf("the poll is answered with %+v", got)
			}
			r.quote("FINE", 2)
			other.quotes()
			eventually(t, "the end of both", func() bool {
				return r.metric(`ticker_sessions{transport="poll"}`) == "0" && r.metric(`ticker_sessions{transport="sse"}`) == "1" &&
					r.metric(`ticker_session_closes_total{code="1011"}`) == "1" && r.metric(`ticker_subscriptions`) == "1"
			})
		})
	}
}

func TestAPollThatPanickedLeavesNoSessionBehind(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.quote("PANIC", 1)
		if got := r.get("/v1/poll?symbols=PANIC"); got.problem(t).Code != wire.CodeInternal {
			t.Errorf("%+v", got)
		}
		synctest.Wait()
		if got := r.metric(`ticker_sessions{transport="poll"}`) + r.metric(`ticker_subscriptions`); got != "00" {
			t.Errorf("%s sessions and subscriptions are left", got)
		}
		if p := r.poll("symbols=PANIC"); len(p.Records) != 1 {
			t.Errorf("%d records in the next", len(p.Records))
		}
	}, withBug(1))
}
