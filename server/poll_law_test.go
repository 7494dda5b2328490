package server_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
	"ticker/wire"
)

// The law of polls: a client that polls again and again, and one over WebSocket with
// the same subscription, end in the same state, whatever changes when; on the way,
// what polls bring is the newest at that moment, never goes back and never repeats,
// and comes once an interval at most.

// step is one step of a script: time passes, or a symbol changes.
type step struct {
	Pass   time.Duration // if above 0
	Symbol market.Symbol
	Field  market.Field
	Value  int64
	Stale  bool
}

func drawStep() *rapid.Generator[step] {
	return rapid.Custom(func(rt *rapid.T) step {
		if rapid.IntRange(0, 2).Draw(rt, "kind") == 0 {
			millis := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, 3000)).Draw(rt, "pass")
			return step{Pass: time.Duration(millis) * ms}
		}
		return step{
			Symbol: rapid.SampledFrom([]market.Symbol{"A", "B", "CA", "CB", "D"}).Draw(rt, "symbol"),
			Field:  rapid.SampledFrom([]market.Field{market.Bid, market.Ask, market.Last}).Draw(rt, "field"),
			Value:  rapid.Int64Range(0, 3).Draw(rt, "value"),
			Stale:  rapid.IntRange(0, 9).Draw(rt, "stale") == 0,
		}
	})
}

// wish is one subscription, as polls and as a session ask for it.
type wish struct {
	query string
	wire.Subscribe
}

// wishes are the subscriptions that the law is held for.
func wishes() []wish {
	return []wish{
		{"symbols=*&interval=20ms&wait=10s", wire.Subscribe{Symbols: []string{"*"}, Interval: 20 * ms}},
		{"symbols=A,C*,LATER&wait=300ms", wire.Subscribe{Symbols: []string{"A", "C*", "LATER"}, Interval: 100 * ms}},
		{"symbols=*&interval=700ms&fields=bid,last", wire.Subscribe{
			Symbols: []string{"*"}, Interval: 700 * ms, Fields: market.Fields(0).With(market.Bid).With(market.Last),
		}},
	}
}

func TestLawPollsEndInTheStateOfASession(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(drawStep(), 1, 60).Draw(rt, "script")
		var broken error
		inBubble(t, func(r *rig) { broken = r.playPolls(script) })
		if broken != nil {
			rt.Fatal(broken)
		}
	})
}

// playPolls plays a script to a client of each kind for each wish, and tells what was
// wrong.
func (r *rig) playPolls(script []step) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(r.t.Context()))
	var polling sync.WaitGroup
	var pollers []*poller
	var sessions []*raw
	for _, w := range wishes() {
		p := &poller{rig: r, query: w.query, interval: w.Interval, state: make(state)}
		polling.Go(func() { p.run(ctx) })
		session := r.connect(wire.JSON)
		session.ask("s", &w.Subscribe)
		session.result("s", &wire.Subscribed{})
		pollers, sessions = append(pollers, p), append(sessions, session)
	}
	for _, s := range script {
		r.play(s)
	}
	sleep(2 * time.Second) // above every interval
	stop()
	polling.Wait()
	for i, p := range pollers {
		want := make(state)
		for _, a := range sessions[i].during(time.Second) {
			want.take(a.Records)
		}
		if p.broken == nil {
			p.broken = want.told().compare(p.state.told())
		}
		if p.broken != nil {
			return fmt.Errorf("%s: %w", p.query, p.broken)
		}
	}
	return nil
}

// play plays one step, and lets everything happen that comes of it.
func (r *rig) play(s step) {
	u := market.Update{Symbol: s.Symbol, Source: r.source}
	switch {
	case s.Pass > 0:
		sleep(s.Pass)
		return
	case s.Stale:
		u.Set, u.Status, u.Reason = market.Fields(0).With(market.StatusField), market.Stale, market.Silent
	default:
		u.Put(s.Field, market.NewDecimal(s.Value, 0))
	}
	r.book.Apply(&u)
	synctest.Wait()
}

// state is what a client holds: the newest record of each symbol that it was sent.
type state map[market.Symbol]wire.Record

func (s state) take(records []wire.Record) {
	for _, rec := range records {
		s[rec.Symbol] = rec
	}
}

// told is the state without records that have none of the fields and are live: they
// say that there is a symbol, which a session that was there before is not told.
func (s state) told() state {
	told := maps.Clone(s)
	maps.DeleteFunc(told, func(_ market.Symbol, rec wire.Record) bool {
		return rec.Set&market.AllValues == 0 && rec.Status == market.Live
	})
	return told
}

// compare tells how another state differs in what was asked for.
func (s state) compare(other state) error {
	if len(s) != len(other) {
		return fmt.Errorf("%d symbols, want %d", len(other), len(s))
	}
	for symbol, want := range s {
		got := other[symbol]
		same := want.Status == got.Status && want.Reason == got.Reason && want.Known == got.Known
		for f := range market.NumValues {
			same = same && want.Values[f].Equal(got.Values[f])
		}
		if !same {
			return fmt.Errorf("%s is %+v, want %+v", symbol, got, want)
		}
	}
	return nil
}

// poller is a client that polls again as soon as it was answered, on one connection.
type poller struct {
	rig      *rig
	query    string
	interval time.Duration
	state    state
	cursor   string
	broken   error
}

func (p *poller) run(ctx context.Context) {
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return p.rig.dial() }}
	defer transport.CloseIdleConnections()
	var last time.Time
	for p.broken == nil {
		records, err := p.once(ctx, transport)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.broken = err
		case len(records) > 0:
			if since := time.Since(last); since < p.interval && !last.IsZero() {
				p.broken = fmt.Errorf("two answers within %v", since)
			}
			last = time.Now()
		}
	}
}

// once polls once and checks what it brings.
func (p *poller) once(ctx context.Context, transport *http.Transport) ([]wire.Record, error) {
	target := "http://" + p.rig.addr + "/v1/poll?" + p.query + "&cursor=" + p.cursor
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	p.cursor = resp.Header.Get("Ticker-Cursor")
	var list wire.QuoteList
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	if err := wire.JSON.ParseResult(body, &list); err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %w in %q", resp.Status, err, body)
	}
	for i := range list.Records {
		rec := &list.Records[i]
		if now := p.rig.book.Find(rec.Symbol).Seq(); rec.Seq != now {
			return nil, fmt.Errorf("%s of seq %d, and the newest is %d", rec.Symbol, rec.Seq, now)
		}
		if before := p.state[rec.Symbol].Seq; rec.Seq <= before {
			return nil, fmt.Errorf("%s of seq %d after %d", rec.Symbol, rec.Seq, before)
		}
	}
	p.state.take(list.Records)
	return list.Records, nil
}
