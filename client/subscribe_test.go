package client_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// recorder answers as it is told and passes every request on.
func recorder(seen chan wire.Body, answer func(c *clienttest.Conn, r wire.Request)) func(*clienttest.Conn) {
	return func(c *clienttest.Conn) {
		c.Welcome()
		for {
			r, ok := c.Receive()
			if !ok {
				return
			}
			seen <- r.Body
			answer(c, r)
		}
	}
}

// bodies returns what was seen so far.
func bodies(seen chan wire.Body) []wire.Body {
	synctest.Wait()
	var all []wire.Body
	for len(seen) > 0 {
		all = append(all, <-seen)
	}
	return all
}

func TestSubscribeReturnsWhatTheServiceMadeOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, granted := make(chan wire.Body, 9), make(chan client.Granted, 9)
		cfg := client.Config{OnGranted: func(g client.Granted) { granted <- g }}
		r := run(t, cfg, recorder(seen, func(c *clienttest.Conn, r wire.Request) {
			c.Answer(r, &wire.Subscribed{
				Interval: 100 * time.Millisecond, Subscribed: []string{"AAPL", "BTC-*", "XYZ"}, Pending: []string{"XYZ"},
				Rejected: []wire.RejectedSymbol{{Symbol: "SECRET", Code: wire.CodeForbidden}},
			})
		}))
		got, err := r.Subscribe(t.Context(), client.Subscription{
			Symbols:  []string{"XYZ", "BTC-*", "AAPL", "SECRET", "aapl", "AAPL"},
			Interval: time.Millisecond, Fields: 1 << market.Bid, Delta: true, Envelope: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "command", bodies(seen), []wire.Body{&wire.Subscribe{
			Symbols: []string{"AAPL", "BTC-*", "SECRET", "XYZ"}, Interval: time.Millisecond,
			Fields: 1 << market.Bid, Delta: true, Envelope: true,
		}})
		answered := client.Granted{
			Interval: 100 * time.Millisecond, Symbols: []string{"AAPL", "BTC-*", "XYZ"}, Pending: []string{"XYZ"},
			Rejected: []wire.RejectedSymbol{{Symbol: "SECRET", Code: wire.CodeForbidden}},
		}
		expect(t, "OnGranted", <-granted, answered)
		answered.Rejected = append(answered.Rejected, wire.RejectedSymbol{Symbol: "aapl", Code: wire.CodeBadSymbol})
		expect(t, "result", got, answered)
	})
}

func TestFirstRecordOfASubscribeMayRepeatTheSeq(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		view := client.NewView()
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{OnQuotes: view.Apply}, recorder(seen, func(c *clienttest.Conn, r wire.Request) {
			grantAll(c, r)
			c.Quotes("cursor", quote("A", 7, 100))
		}))
		for range 2 {
			if _, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		expect(t, "stats", view.Stats(), client.ViewStats{Symbols: 1, Records: 2})
	})
}

func TestSubscribeOfNothingValidAsksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{}, recorder(seen, grantAll))
		got, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"no symbol"}})
		expect(t, "result", got, client.Granted{Rejected: []wire.RejectedSymbol{{Symbol: "no symbol", Code: wire.CodeBadSymbol}}})
		if err != nil {
			t.Errorf("error is %v, want none", err)
		}
		_, err = r.Subscribe(t.Context(), client.Subscription{})
		expectError(t, err, "no symbols")
		expect(t, "commands", len(bodies(seen)), 0)
	})
}

// subscribe subscribes in the background, for as long as the test lasts.
func subscribe(t *testing.T, r *running, s client.Subscription) {
	t.Helper()
	go func() { _, _ = r.Subscribe(t.Context(), s) }()
	synctest.Wait()
}

func TestWhatIsAskedForOfflineGoesOutTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			time.Sleep(time.Second)
			recorder(seen, grantAll)(c)
		})
		subscribe(t, r, client.Subscription{Symbols: []string{"C", "A"}})
		subscribe(t, r, client.Subscription{Symbols: []string{"D"}, Interval: time.Second})
		subscribe(t, r, client.Subscription{Symbols: []string{"B", "E"}})
		if err := r.Unsubscribe(t.Context(), "E", "F"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		expect(t, "commands", bodies(seen), []wire.Body{
			&wire.Subscribe{Symbols: []string{"A", "B", "C"}},
			&wire.Subscribe{Symbols: []string{"D"}, Interval: time.Second},
		})
	})
}

func TestWholeSetIsSubscribedAnewAndResumes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			for range 2 {
				request, _ := c.Receive()
				seen <- request.Body
				grantAll(c, request)
				if request.Body.(*wire.Subscribe).Interval == 0 {
					c.Quotes("cursor-1", quote("A", 1, 100))
				}
			}
		})
		for _, s := range []client.Subscription{
			{Symbols: []string{"A", "B"}},
			{Symbols: []string{"C"}, Interval: time.Second},
		} {
			if _, err := r.Subscribe(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second / 2) // no cursor has come after the second grant
		expect(t, "commands", bodies(seen)[:4], []wire.Body{
			&wire.Subscribe{Symbols: []string{"A", "B"}},
			&wire.Subscribe{Symbols: []string{"C"}, Interval: time.Second},
			&wire.Subscribe{Symbols: []string{"A", "B"}, Since: "cursor-1"},
			&wire.Subscribe{Symbols: []string{"C"}, Interval: time.Second},
		})
	})
}

func TestHeartbeatMovesTheCursorToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			request, _ := c.Receive()
			seen <- request.Body
			grantAll(c, request)
			c.Send(&wire.Heartbeat{TS: 1, Cursor: "cursor-2"})
			c.Close(wire.CloseGoingAway)
		})
		subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
		time.Sleep(time.Second / 2)
		expect(t, "second command", bodies(seen)[1], wire.Body(&wire.Subscribe{Symbols: []string{"A"}, Since: "cursor-2"}))
	})
}

func TestRefusedSubscribeIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen, granted := make(chan wire.Body, 99), make(chan client.Granted, 9)
		cfg := client.Config{OnGranted: func(g client.Granted) { granted <- g }}
		r := run(t, cfg, recorder(seen, func(c *clienttest.Conn, r wire.Request) {
			c.Refuse(r, wire.CodeTooManySymbols)
			c.Close(wire.CloseGoingAway)
		}))
		_, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}})
		var refused *wire.Error
		if !errors.As(err, &refused) || refused.Code != wire.CodeTooManySymbols {
			t.Errorf("error is %v, want too_many_symbols", err)
		}
		expect(t, "OnGranted", <-granted, client.Granted{Rejected: []wire.RejectedSymbol{{Symbol: "A", Code: wire.CodeTooManySymbols}}})
		time.Sleep(10 * time.Second)
		expect(t, "connections", len(r.in(client.Online)), 2)
		expect(t, "commands", len(bodies(seen)), 1)
	})
}

func TestSubscribeThatIsRefusedForNowIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		tries := 0
		r := run(t, client.Config{}, recorder(seen, func(c *clienttest.Conn, r wire.Request) {
			if tries++; tries < 3 {
				c.Refuse(r, wire.CodeRateLimited)
				return
			}
			grantAll(c, r)
		}))
		start := time.Now()
		got, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "symbols", got.Symbols, []string{"A"})
		expect(t, "time", time.Since(start), 2*time.Second)
		expect(t, "connections", len(r.in(client.Online)), 1)
	})
}

func TestSubscribeOutlivesTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var connections atomic.Int32
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			request, _ := c.Receive()
			if connections.Add(1) == 3 {
				grantAll(c, request)
				drain(c)
			}
		})
		got, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "symbols", got.Symbols, []string{"A"})
	})
}

func TestSubscribeThatIsGivenUpStaysInTheSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			time.Sleep(5 * time.Second)
			recorder(seen, grantAll)(c)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Subscribe(ctx, client.Subscription{Symbols: []string{"A"}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want that of the context", err)
		}
		time.Sleep(5 * time.Second)
		expect(t, "commands", bodies(seen), []wire.Body{&wire.Subscribe{Symbols: []string{"A"}}})
	})
}

func TestUnsubscribeIsToldAndNotRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		var closing atomic.Bool
		r := run(t, client.Config{}, recorder(seen, func(c *clienttest.Conn, r wire.Request) {
			if u, ok := r.Body.(*wire.Unsubscribe); ok {
				c.Answer(r, &wire.Unsubscribed{Subscribed: u.Symbols[:0]})
				closing.Store(true)
			} else {
				grantAll(c, r)
			}
			if closing.Swap(false) {
				c.Close(wire.CloseGoingAway)
			}
		}))
		if _, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A", "B", "C-*"}}); err != nil {
			t.Fatal(err)
		}
		if err := r.Unsubscribe(t.Context(), "C-*", "A", "Z"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		expect(t, "commands", bodies(seen), []wire.Body{
			&wire.Subscribe{Symbols: []string{"A", "B", "C-*"}},
			&wire.Unsubscribe{Symbols: []string{"A", "C-*"}},
			&wire.Subscribe{Symbols: []string{"B"}},
		})
	})
}

func TestUnsubscribeThatIsRefusedSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan wire.Body, 9)
		r := run(t, client.Config{}, recorder(seen, func(c *clienttest.Conn, r wire.Request) {
			if _, ok := r.Body.(*wire.Unsubscribe); ok {
				c.Refuse(r, wire.CodeUnauthorized)
				return
			}
			grantAll(c, r)
		}))
		if _, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}}); err != nil {
			t.Fatal(err)
		}
		expectError(t, r.Unsubscribe(t.Context(), "A"), "unsubscribe: unauthorized")
	})
}

func TestSubscribeWithoutAnAnswerEndsTheConnection(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]func(c *clienttest.Conn, r wire.Request){
		"no answer in time": func(*clienttest.Conn, wire.Request) {},
		"unexpected kind of value": func(c *clienttest.Conn, r wire.Request) {
			c.SendRaw([]byte(`{"type":"response","id":"` + r.ID + `","result":{"subscribed":7}}`))
		},
		"answer is of the wrong kind": func(c *clienttest.Conn, r wire.Request) {
			c.Send(&wire.Pong{ID: r.ID, TS: 1})
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seen := make(chan wire.Body, 99)
				r := run(t, client.Config{CommandTimeout: 3 * time.Second}, recorder(seen, answer))
				subscribe(t, r, client.Subscription{Symbols: []string{"A"}})
				time.Sleep(4 * time.Second)
				waits := r.in(client.Waiting)
				if len(waits) == 0 {
					t.Fatal("the connection lives on")
				}
				err := waits[0].state.Err
				expectError(t, err, "subscribe: ")
				expectError(t, err, want)
			})
		})
	}
}

func TestCallsFailWhenTheClientHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			c.Close(wire.CloseUnauthorized)
		})
		_, err := r.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A"}})
		expectError(t, err, "client has ended: closed by the service: 4101 unauthorized")
		_, err = r.Session(t.Context())
		if !errors.Is(err, client.ErrEnded) {
			t.Errorf("error is %v, want ErrEnded", err)
		}
	})
}

func TestSubscriptionsAreBounded(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.Config{URL: "http://ticker.test"})
	if err != nil {
		t.Fatal(err)
	}
	symbols := make([]string, 10_001)
	for i := range symbols {
		symbols[i] = "S" + strconv.Itoa(i)
	}
	_, err = c.Subscribe(t.Context(), client.Subscription{Symbols: symbols})
	expectError(t, err, "too_many_symbols")
}
