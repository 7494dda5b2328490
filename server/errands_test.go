package server_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// slow is a history that thinks until it is released, or nobody waits any more.
type slow struct {
	*archive
	begun   chan struct{} // one for each question
	release chan struct{}
	ended   chan error // why each question that was given up ended
}

// slowHistory gives the service one. Its channels are of the bubble that the
// service is in, if any.
func slowHistory(s *slow) change {
	return func(_ testing.TB, cfg *server.Config) {
		*s = *newSlow()
		cfg.History = s
	}
}

func newSlow() *slow {
	const most = 100
	s := &slow{
		archive: &archive{}, begun: make(chan struct{}, most), release: make(chan struct{}), ended: make(chan error, most),
	}
	s.think = func(ctx context.Context, _ wire.Body) error {
		s.begun <- struct{}{}
		select {
		case <-s.release:
			return nil
		case <-ctx.Done():
			s.ended <- ctx.Err()
			return ctx.Err()
		}
	}
	return s
}

// givenUp says that one question was given up.
func (s *slow) givenUp(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("history still thinks")
	}
}

func history(symbol string) wire.Body { return &wire.HistoryQuery{Span: wire.Span{Symbol: symbol}} }

func TestSessionGoesOnWhileHistoryThinks(t *testing.T) {
	t.Parallel()
	var s slow
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.subscribe(100*ms, "A")
		c.ask("past", history("A"))
		for i := range 5 {
			c.pingPong(strconv.Itoa(i))
			r.quote("A", int64(i+1))
			if got := bids(c.quotes()); len(got) != 1 || got[0] != "A=0.0"+strconv.Itoa(i+1) {
				t.Errorf("record %d is %v", i+1, got)
			}
			sleep(time.Second)
		}
		c.ask("now", &wire.SnapshotQuery{Symbols: []string{"A"}})
		c.result("now", &wire.QuoteList{})
		close(s.release)
		var list wire.QuoteList
		if c.result("past", &list); len(list.Records) != 1 {
			t.Errorf("%+v", list)
		}
	}, slowHistory(&s))
}

func TestQueriesOfThePastAreAnsweredInOrderAndBounded(t *testing.T) {
	t.Parallel()
	var s slow
	inBubble(t, func(r *rig) {
		var asked []string
		wait := s.think
		s.think = func(ctx context.Context, body wire.Body) error {
			asked = append(asked, body.(*wire.HistoryQuery).Symbol)
			return wait(ctx, body)
		}
		c := r.connect(wire.JSON)
		for i := range 9 {
			c.ask(strconv.Itoa(i), history("S"+strconv.Itoa(i)))
		}
		if e := c.refusal(); e.Code != wire.CodeRateLimited || e.ID != "8" {
			t.Errorf("%+v", e)
		}
		if synctest.Wait(); len(asked) != 1 {
			t.Errorf("history thinks about %v at one time", asked)
		}
		close(s.release)
		for i := range 8 {
			var list wire.QuoteList
			c.result(strconv.Itoa(i), &list)
			if list.Records[0].Symbol != market.Symbol("S"+strconv.Itoa(i)) {
				t.Errorf("answer %d is of %s", i, list.Records[0].Symbol)
			}
		}
		c.ask("again", history("A"))
		c.result("again", &wire.QuoteList{})
		for name, want := range map[string]string{
			`ticker_commands_total{action="history",result="ok"}`:           "9",
			`ticker_commands_total{action="history",result="rate_limited"}`: "1",
		} {
			if got := r.metric(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
	}, slowHistory(&s))
}

func TestClientThatDoesNotReadIsNotAskedForMore(t *testing.T) {
	t.Parallel()
	asked := 0
	a := &archive{candles: 5000, think: func(context.Context, wire.Body) error {
		asked++
		return nil
	}}
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for i := range 8 {
			c.ask(strconv.Itoa(i), &wire.CandlesQuery{Span: wire.Span{Symbol: "A"}})
		}
		sleep(10 * time.Second)
		if asked > 2 { // one is half sent, one waits
			t.Errorf("history was asked for %d answers that nobody takes", asked)
		}
		for i := range 8 {
			var list wire.Candles
			if c.result(strconv.Itoa(i), &list); len(list.Candles) != 5000 {
				t.Errorf("%d candles", len(list.Candles))
			}
		}
	}, withHistory(a))
}

func TestQueryOfThePastEndsWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(r *rig, c *raw){
		"closed by the client": func(_ *rig, c *raw) {
			c.write(frame(closing, "\x03\xe8"))
			if got := c.closed(); got.code != 1000 {
				c.t.Errorf("closed with %+v", got)
			}
		},
		"cut by the client": func(_ *rig, c *raw) { _ = c.conn.Close() },
		"a broken rule": func(_ *rig, c *raw) {
			c.write(unmask(frame(text, "{}")))
			_ = c.closed()
		},
		"drained": func(r *rig, c *raw) {
			var draining sync.WaitGroup
			draining.Go(func() {
				if err := r.srv.Drain(r.t.Context()); err != nil {
					r.t.Error(err)
				}
			})
			if _, ok := c.next().(*wire.Draining); !ok {
				r.t.Error("not told of the drain")
			}
			if got := c.closed(); got.code != wire.CloseGoingAway {
				r.t.Errorf("closed with %+v", got)
			}
			draining.Wait()
		},
		"the end of the server": func(r *rig, _ *raw) { r.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, over := range []func(testing.TB, ...change) *rig{overTCP, overTLS} {
				s := newSlow()
				r := over(t, withHistory(s.archive))
				c := r.connect(wire.JSON)
				for range 3 {
					c.ask("1", history("A"))
				}
				c.pingPong("2") // and the client is parked where that can be
				<-s.begun
				end(r, c)
				s.givenUp(t)
				eventually(t, "the session is forgotten", func() bool {
					return r.metric(`ticker_sessions{transport="websocket"}`) == "0"
				})
				if len(s.begun) != 0 {
					t.Error("history was asked for more")
				}
				if got := r.metric(`ticker_commands_total{action="history",result="unavailable"}`); got != "" {
					t.Errorf("%s answers to nobody are counted", got)
				}
			}
		})
	}
}

func TestParkedClientGetsItsAnswerAndIsHeardAgain(t *testing.T) {
	t.Parallel()
	s := newSlow()
	overBoth(t, func(t *testing.T, r *rig) {
		t.Helper()
		clients := make([]*raw, 20)
		for i := range clients {
			clients[i] = r.connect(wire.JSON)
			clients[i].ask("past", history("A"))
			clients[i].pingPong("1")
		}
		for range clients {
			s.release <- struct{}{}
		}
		for _, c := range clients {
			c.result("past", &wire.QuoteList{})
			c.pingPong("2")
		}
	}, unlimited, withHistory(s.archive))
}

func TestQueryOverHTTPEndsWithItsClient(t *testing.T) {
	t.Parallel()
	var s slow
	var log bytes.Buffer
	inBubble(t, func(r *rig) {
		conn := r.begin(t, "GET /v1/candles/A HTTP/1.1\r\nHost: x\r\n\r\n")
		<-s.begun
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		s.givenUp(t)
	}, slowHistory(&s), func(_ testing.TB, cfg *server.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	if log.Len() > 0 {
		t.Errorf("a client that went away is logged:\n%s", &log)
	}
}

func TestServerEndsOnlyAfterTheQueriesOfItsSessions(t *testing.T) {
	t.Parallel()
	var s slow
	inBubble(t, func(r *rig) {
		late := make(chan struct{})
		wait := s.think
		s.think = func(ctx context.Context, body wire.Body) error {
			defer func() { <-late }()
			return wait(ctx, body)
		}
		r.connect(wire.JSON).ask("1", history("A"))
		<-s.begun
		r.stop()
		sleep(time.Minute)
		if len(r.served) != 0 {
			t.Error("Serve returned while history thought about a query")
		}
		close(late)
		if err := <-r.served; err != nil {
			t.Error(err)
		}
	}, slowHistory(&s))
}

func TestPanicOfHistoryEndsOneSession(t *testing.T) {
	t.Parallel()
	a := &archive{think: func(context.Context, wire.Body) error { panic("a mistake") }}
	overBoth(t, func(t *testing.T, r *rig) {
		t.Helper()
		c, other := r.connect(wire.JSON), r.connect(wire.JSON)
		c.ask("1", history("A"))
		if got := c.closed(); got.code != wire.CloseInternal {
			t.Errorf("closed with %+v", got)
		}
		other.pingPong("1")
	}, withHistory(a))
}
