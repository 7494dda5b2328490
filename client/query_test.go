package client_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// answering runs a client against a service that answers every request with
// what answer returns.
func answering(t *testing.T, answer func(wire.Body) wire.Result) *running {
	t.Helper()
	return run(t, client.Config{}, func(c *clienttest.Conn) {
		c.Welcome()
		for {
			r, ok := c.Receive()
			if !ok {
				return
			}
			c.Answer(r, answer(r.Body))
		}
	})
}

func TestQueriesReturnWhatTheServiceAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked wire.Body
		r := answering(t, func(b wire.Body) wire.Result {
			asked = b
			switch b.(type) {
			case *wire.SnapshotQuery:
				return &wire.QuoteList{Cursor: "c", Records: []wire.Record{quote("A", 1, 100)}}
			case *wire.HistoryQuery:
				return &wire.QuoteList{Records: []wire.Record{quote("A", 2, 100)}, Next: "page-2"}
			case *wire.CandlesQuery:
				return &wire.Candles{Candles: []market.Candle{candle()}}
			case *wire.SymbolsQuery:
				return &wire.SymbolList{Symbols: []string{"BTC-USD"}, Next: "page-2"}
			case *wire.SessionQuery:
				return &wire.Ledger{Produced: 10, Delivered: 3, Conflated: 6, Pending: 1}
			case *wire.Publish:
				return &wire.Published{Accepted: 1, Rejected: []wire.RejectedQuote{{Line: 2, Code: wire.CodeBadSymbol, Message: "no"}}}
			}
			return &wire.Configured{Bandwidth: 7}
		})
		ctx := t.Context()

		quotes, err := r.Snapshot(ctx, wire.SnapshotQuery{Symbols: []string{"A"}, At: 5})
		expect(t, "snapshot", quotes, wire.QuoteList{Cursor: "c", Records: []wire.Record{quote("A", 1, 100)}})
		expect(t, "snapshot query", asked, wire.Body(&wire.SnapshotQuery{Symbols: []string{"A"}, At: 5}))
		expect(t, "error", err, nil)

		span := wire.Span{Symbol: "A", From: 5, To: 6}
		page, err := r.History(ctx, wire.HistoryQuery{Span: span, Limit: 1})
		expect(t, "history", page, wire.QuoteList{Records: []wire.Record{quote("A", 2, 100)}, Next: "page-2"})
		expect(t, "history query", asked, wire.Body(&wire.HistoryQuery{Span: span, Limit: 1}))
		expect(t, "error", err, nil)

		candles, err := r.Candles(ctx, wire.CandlesQuery{Span: span, Step: time.Minute})
		expect(t, "candles", candles, []market.Candle{candle()})
		expect(t, "candles query", asked, wire.Body(&wire.CandlesQuery{Span: span, Step: time.Minute}))
		expect(t, "error", err, nil)

		symbols, err := r.Symbols(ctx, wire.SymbolsQuery{Prefix: "BTC", Limit: 50})
		expect(t, "symbols", symbols, wire.SymbolList{Symbols: []string{"BTC-USD"}, Next: "page-2"})
		expect(t, "symbols query", asked, wire.Body(&wire.SymbolsQuery{Prefix: "BTC", Limit: 50}))
		expect(t, "error", err, nil)

		ledger, err := r.Session(ctx)
		expect(t, "ledger", ledger, wire.Ledger{Produced: 10, Delivered: 3, Conflated: 6, Pending: 1})
		expect(t, "error", err, nil)

		published, err := r.Publish(ctx, []byte(`{"symbol":"A","bid":1}`), []byte(`{}`))
		expect(t, "published", published, wire.Published{Accepted: 1, Rejected: []wire.RejectedQuote{{Line: 2, Code: wire.CodeBadSymbol, Message: "no"}}})
		expect(t, "pushed", asked, wire.Body(&wire.Publish{Quotes: [][]byte{[]byte(`{"symbol":"A","bid":1}`), []byte(`{}`)}}))
		expect(t, "error", err, nil)

		var configured wire.Configured
		expect(t, "error", r.Do(ctx, &wire.Configure{Bandwidth: 7}, &configured), nil)
		expect(t, "configured", configured, wire.Configured{Bandwidth: 7})
	})
}

func TestPingMeasuresTheWayThereAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			request, _ := c.Receive()
			time.Sleep(40 * time.Millisecond)
			c.Send(&wire.Pong{ID: request.ID, TS: 1})
			request, _ = c.Receive()
			c.Refuse(request, wire.CodeRateLimited)
			drain(c)
		})
		synctest.Wait()
		got, err := r.Ping(t.Context())
		expect(t, "error", err, nil)
		expect(t, "time", got, 40*time.Millisecond)
		_, err = r.Ping(t.Context())
		expectError(t, err, "ping: rate_limited")
	})
}

func TestRefusedQueryIsAnErrorOfTheProtocol(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			request, _ := c.Receive()
			c.Refuse(request, wire.CodeUnavailable)
			drain(c)
		})
		_, err := r.Publish(t.Context(), []byte(`{}`))
		var refused *wire.Error
		if !errors.As(err, &refused) || refused.Code != wire.CodeUnavailable {
			t.Errorf("error is %v, want unavailable", err)
		}
	})
}

func TestAnswerOfAnotherKindIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			request, _ := c.Receive()
			c.Send(&wire.Pong{ID: request.ID})
			drain(c)
		})
		_, err := r.Session(t.Context())
		expectError(t, err, "session: answer is of the wrong kind")
	})
}

func TestQueryWithoutAnAnswerFailsAndALateAnswerIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{CommandTimeout: time.Second}, func(c *clienttest.Conn) {
			c.Welcome()
			late, _ := c.Receive()
			request, _ := c.Receive()
			c.Answer(late, &wire.Ledger{Produced: 1})
			c.Answer(request, &wire.Ledger{Produced: 2})
			drain(c)
		})
		if _, err := r.Session(t.Context()); !errors.Is(err, client.ErrTimeout) {
			t.Errorf("error is %v, want ErrTimeout", err)
		}
		ledger, err := r.Session(t.Context())
		expect(t, "error", err, nil)
		expect(t, "produced", ledger.Produced, uint64(2))
	})
}

func TestQueryFailsWhenTheConnectionEndsUnderIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			_, _ = c.Receive()
		})
		if _, err := r.Session(t.Context()); !errors.Is(err, client.ErrDisconnected) {
			t.Errorf("error is %v, want ErrDisconnected", err)
		}
	})
}

func TestQueryWaitsForAConnectionAsLongAsItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := client.New(client.Config{URL: "ws://ticker.test"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		if _, err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want that of the context", err)
		}
		expect(t, "time", time.Since(start), time.Hour)
	})
}

func TestRequestOverTheLimitOfTheServiceIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := answering(t, func(wire.Body) wire.Result { return &wire.Published{Accepted: 1} })
		_, err := r.Publish(t.Context(), []byte(`{"symbol":"`+strings.Repeat("A", 64<<10)+`"}`))
		expectError(t, err, "publish: too_large: request has ")
		published, err := r.Publish(t.Context(), []byte(`{}`))
		expect(t, "error", err, nil)
		expect(t, "accepted", published.Accepted, 1)
	})
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		received, answers := 0, make(chan struct{})
		r := run(t, client.Config{}, func(c *clienttest.Conn) {
			c.Welcome()
			waiting := make(chan wire.Request, 200)
			go func() {
				for r := range waiting {
					<-answers
					c.Answer(r, &wire.Ledger{})
				}
			}()
			defer close(waiting)
			for {
				r, ok := c.Receive()
				if !ok {
					return
				}
				mu.Lock()
				received++
				mu.Unlock()
				waiting <- r
			}
		})
		var calls sync.WaitGroup
		for range 100 {
			calls.Go(func() {
				if _, err := r.Session(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		mu.Lock()
		expect(t, "requests under way", received, 64)
		mu.Unlock()
		close(answers)
		calls.Wait()
		expect(t, "requests in all", received, 100)
	})
}
