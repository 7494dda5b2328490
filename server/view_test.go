package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/auth"
	"ticker/book"
	"ticker/fanout"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

const planDelay = 15 * time.Minute

// What bids are: every live one begins with 777, every delayed one with 111.
const (
	liveCents    = 77_700
	delayedCents = 11_100
)

// chronicle is a history in which every record has a bid of one kind, every candle such a
// price, and that has nothing of the symbol NEW.
type chronicle struct{ cents int64 }

func (h chronicle) record(symbol string) []market.Quote {
	if symbol == "NEW" {
		return nil
	}
	q := market.Quote{Symbol: market.Symbol(symbol), Seq: 1, Recv: 1, Known: market.Fields(0).With(market.Bid)}
	q.Values[market.Bid] = market.NewDecimal(h.cents, 2)
	return []market.Quote{q}
}

func (h chronicle) AsOf(_ context.Context, symbols []string, _ int64) ([]market.Quote, error) {
	return h.record(symbols[0]), nil
}

func (h chronicle) Quotes(_ context.Context, q *wire.HistoryQuery) ([]market.Quote, string, error) {
	return h.record(q.Symbol), "", nil
}

func (h chronicle) Candles(_ context.Context, q *wire.CandlesQuery) ([]market.Candle, error) {
	if q.Symbol == "NEW" {
		return nil, nil
	}
	c := market.Candle{}
	c.Trade(market.NewDecimal(h.cents, 2), market.NewDecimal(1, 0))
	return []market.Candle{c}, nil
}

// plans is a service with a delayed plan beside the live one.
type plans struct {
	*rig
	delayed *book.Book
	changes int64
}

// withPlan runs a service whose live market has the symbols A and NEW, and whose delayed
// one has A only.
func withPlan(t *testing.T, changes ...change) *plans {
	t.Helper()
	p := &plans{delayed: book.New(book.Config{Encode: fanout.Encode})}
	p.rig = overTCP(t, append(changes, guarded, withPush(true), func(t testing.TB, cfg *server.Config) {
		t.Helper()
		cfg.History = chronicle{liveCents}
		cfg.Delayed = map[time.Duration]server.View{planDelay: {
			Book: p.delayed, Hub: runHub(t, p.delayed, cfg), History: chronicle{delayedCents},
		}}
	})...)
	p.change()
	return p
}

// runHub runs a hub until the end of the test.
func runHub(t testing.TB, bk *book.Book, cfg *server.Config) *fanout.Hub {
	t.Helper()
	hub, err := fanout.New(fanout.Config{
		Book: bk, Intervals: cfg.Intervals, Heartbeat: cfg.Heartbeat, MaxSymbols: 1000,
		Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = hub.Run(ctx) }) // which returns nil
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return hub
}

// change changes every record.
func (p *plans) change() {
	p.t.Helper()
	p.changes++
	p.quote("A", liveCents+p.changes%100)
	p.quote("NEW", liveCents+p.changes%100)
	u := market.Update{Symbol: "A", Source: p.delayed.Source("test")}
	u.Put(market.Bid, market.NewDecimal(delayedCents+p.changes%100, 2))
	if got := p.delayed.Apply(&u); got != market.Accepted {
		p.t.Fatalf("Apply: %v", got)
	}
}

// planToken makes a credential of a delayed plan that reads and publishes everything.
func planToken(t testing.TB, delay time.Duration) string {
	t.Helper()
	return mint(t, auth.Claims{Rights: auth.Rights{Delay: delay, Publish: []string{"*"}}})
}

// expectDelayed says that a text tells something of the delayed market, and nothing of
// the live one.
func expectDelayed(t testing.TB, what, text string) {
	t.Helper()
	if !strings.Contains(text, "111.") || strings.Contains(text, "777.") || strings.Contains(text, "NEW") {
		t.Errorf("%s of a delayed plan: %s", what, text)
	}
}

func TestADelayedPlanIsShownNothingLiveOnAnyRoad(t *testing.T) {
	t.Parallel()
	p := withPlan(t)
	headers := bearer(planToken(t, planDelay))
	for road, target := range map[string]string{
		"snapshot": "/v1/snapshot?symbols=*", "snapshot of then": "/v1/snapshot?at=1&symbols=A",
		"history": "/v1/history/A", "candles": "/v1/candles/A", "poll": "/v1/poll?wait=0s&symbols=*",
	} {
		p.change()
		got := p.get(target, headers...)
		expectDelayed(t, road, got.body)
		for _, name := range []string{"Ticker-Epoch", "Ticker-Cursor"} {
			if strings.HasPrefix(got.header.Get(name), p.book.Epoch()) {
				t.Errorf("%s: %s %s is of the live book", road, name, got.header.Get(name))
			}
		}
	}
	if got := p.get("/v1/snapshot?symbols=A", headers...); !strings.Contains(got.body, `"cursor":"`+p.delayed.Epoch()) {
		t.Errorf("snapshot: %s", got.body)
	}
	if got := p.get("/v1/symbols", headers...); got.body != `{"symbols":["A"]}` {
		t.Errorf("symbols: %+v", got)
	}
	for _, target := range []string{"/v1/history/NEW", "/v1/candles/NEW"} {
		if got := p.get(target, headers...).problem(t); got.Code != wire.CodeNotFound || got.Detail != "no such symbol" {
			t.Errorf("%s: %+v", target, got)
		}
	}
	events, _ := p.follow("/v1/sse?interval=20ms&symbols=*", headers...)
	if welcome := events.until("welcome"); !strings.Contains(welcome, p.delayed.Epoch()) {
		t.Errorf("welcome of an event stream: %s", welcome)
	}
	for range 20 {
		expectDelayed(t, "event", events.until("quotes"))
		p.change()
	}
}

func TestASessionOfADelayedPlanIsShownNothingLive(t *testing.T) {
	t.Parallel()
	for _, codec := range []wire.Codec{wire.JSON, wire.MsgPack} {
		p := withPlan(t)
		c, _ := p.shake(append(bearer(planToken(t, planDelay)), "Sec-WebSocket-Protocol", codec.Subprotocol())...)
		c.codec = codec
		if welcome := asWelcome(c.next()); welcome == nil || welcome.Epoch != p.delayed.Epoch() {
			t.Fatalf("welcome: %+v", welcome)
		}
		for _, body := range []wire.Body{
			&wire.SnapshotQuery{Symbols: []string{"*"}}, &wire.SnapshotQuery{Symbols: []string{"A"}, At: 1},
			&wire.HistoryQuery{Span: wire.Span{Symbol: "A"}},
		} {
			c.ask("q", body)
			var list wire.QuoteList
			c.result("q", &list)
			if strings.HasPrefix(list.Cursor, p.book.Epoch()) {
				t.Errorf("%s: the cursor %s is of the live book", body.Verb(), list.Cursor)
			}
			expectDelayed(t, body.Verb(), fmt.Sprint(bids(&wire.Quotes{Records: list.Records})))
		}
		c.ask("q", &wire.CandlesQuery{Span: wire.Span{Symbol: "A"}})
		var candles wire.Candles
		c.result("q", &candles)
		expectDelayed(t, "candles", fmt.Sprint(candles.Candles[0].Open))
		c.ask("q", &wire.SymbolsQuery{})
		var symbols wire.SymbolList
		if c.result("q", &symbols); fmt.Sprint(symbols.Symbols) != "[A]" {
			t.Errorf("symbols %v", symbols.Symbols)
		}
		if got := c.subscribe(20*time.Millisecond, "*", "NEW"); fmt.Sprint(got.Pending) != "[NEW]" {
			t.Errorf("pending %v: the live symbol has a record", got.Pending)
		}
		for range 20 {
			expectDelayed(t, "quotes", fmt.Sprint(bids(c.quotes())))
			p.change()
		}
	}
}

func TestADelayedPlanLeavesOthersAsTheyAre(t *testing.T) {
	t.Parallel()
	p := withPlan(t)
	token := planToken(t, 0)
	for _, target := range []string{"/v1/snapshot?symbols=A", "/v1/history/A", "/v1/candles/A", "/v1/poll?wait=0s&symbols=A"} {
		if got := p.get(target, bearer(token)...); !strings.Contains(got.body, "777.") || strings.Contains(got.body, "111.") {
			t.Errorf("%s: %+v", target, got)
		}
	}
	if got := p.get("/v1/history/NEW", bearer(token)...); got.body != `{"quotes":[]}` {
		t.Errorf("%+v", got)
	}
}

func TestWhatADelayedPlanPublishesIsLive(t *testing.T) {
	t.Parallel()
	p := withPlan(t)
	got := p.request(http.MethodPost, "/v1/quotes", `{"symbol":"MINE","bid":5}`, bearer(planToken(t, planDelay))...)
	if got.status != http.StatusOK || p.book.Find("MINE") == nil || p.delayed.Find("MINE") != nil {
		t.Errorf("%+v", got)
	}
}

func TestASessionKeepsTheDelayThatItBeganWith(t *testing.T) {
	t.Parallel()
	p := withPlan(t)
	live, delayed := planToken(t, 0), planToken(t, planDelay)
	c := p.shakeAs(live)
	c.refused(delayed, wire.CodeForbidden)
	c.identify(live)

	c = p.shakeAs(delayed)
	c.refused(live, wire.CodeForbidden)
	c.identify(delayed)
	c.subscribe(20*time.Millisecond, "A")
	expectDelayed(t, "quotes", fmt.Sprint(bids(c.quotes())))

	stranger := p.stranger()
	stranger.refused(delayed, wire.CodeForbidden)
	stranger.identify(live)
	if _, got := p.shake(bearer(planToken(t, time.Minute))...); got.status != http.StatusForbidden || !strings.Contains(got.body, "no delayed plan of 1m0s") {
		t.Errorf("another delay: %+v", got)
	}
}

func TestAViewThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	bk := book.New(book.Config{})
	whole := func(t testing.TB, cfg *server.Config) server.View {
		t.Helper()
		return server.View{Book: bk, Hub: runHub(t, bk, cfg)}
	}
	for name, wrong := range map[string]func(*server.View) time.Duration{
		"no delay": func(*server.View) time.Duration { return 0 },
		"no book":  func(v *server.View) time.Duration { v.Book = nil; return 1 },
		"no hub":   func(v *server.View) time.Duration { v.Hub = nil; return 1 },
	} {
		cfg := server.Config{Book: bk, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Heartbeat: heartbeat}
		cfg.Intervals.Default, cfg.Intervals.Min, cfg.Intervals.Max = time.Second, time.Second, time.Second
		v := whole(t, &cfg)
		cfg.Hub = v.Hub
		cfg.Delayed = map[time.Duration]server.View{wrong(&v): v}
		if _, err := server.New(cfg); err == nil || !strings.Contains(err.Error(), "the view of delay") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
