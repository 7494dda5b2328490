package client_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// turn gives a symbol a status, which no value comes with.
func (s *service) turn(symbol market.Symbol, status market.Status, reason market.Reason) {
	s.t.Helper()
	s.apply(&market.Update{
		Symbol: symbol, Set: market.Fields(0).With(market.StatusField), Status: status, Reason: reason,
	})
}

// overEachWay is overEach with all transports and, of WebSocket, both encodings.
func overEachWay(t *testing.T, test func(t *testing.T, s *service, follow func() *follower)) {
	t.Helper()
	for _, cfg := range []client.Config{
		{Codec: wire.JSON, Transports: []client.Transport{client.WebSocket}},
		{Codec: wire.MsgPack, Transports: []client.Transport{client.WebSocket}},
		{Transports: []client.Transport{client.SSE}},
		{Transports: []client.Transport{client.Poll}},
	} {
		t.Run(fmt.Sprintf("%v %v", cfg.Transports[0], cfg.Codec.Subprotocol()), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := startService(t)
				test(t, s, func() *follower { return s.follow(t, cfg.Transports[0], cfg) })
			})
		})
	}
}

func TestSymbolThatIsLiveAgainIsLiveInAView(t *testing.T) {
	t.Parallel()
	symbols := []market.Symbol{"A", "AB", "ABC", "B"}
	for name, subscriptions := range map[string][]client.Subscription{
		"by name":                    {{Symbols: []string{"A", "AB", "ABC", "B"}}},
		"by name, delta":             {{Symbols: []string{"A", "AB", "ABC", "B"}, Delta: true}},
		"by pattern":                 {{Symbols: []string{"A*", "B*"}}},
		"by pattern, delta":          {{Symbols: []string{"A*", "B*"}, Delta: true}},
		"names apart":                {{Symbols: []string{"A", "B"}}, {Symbols: []string{"AB", "ABC"}, Delta: true}},
		"names that beat patterns":   {{Symbols: []string{"*"}, Delta: true}, {Symbols: []string{"AB*"}}, {Symbols: []string{"ABC"}, Delta: true}},
		"patterns that beat another": {{Symbols: []string{"*"}}, {Symbols: []string{"AB*"}, Delta: true}, {Symbols: []string{"ABC"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overEachWay(t, func(t *testing.T, s *service, follow func() *follower) {
				f := follow()
				for _, subscription := range subscriptions {
					f.must(t, subscription)
				}
				for range 2 {
					s.quotes(symbols)
					f.expectStatus(t, s, symbols, market.Live)
					s.outage(symbols)
					f.expectStatus(t, s, symbols, market.Stale)
				}
				s.cut()
				s.quotes(symbols)
				f.expectStatus(t, s, symbols, market.Live)
			})
		})
	}
}

func (s *service) quotes(symbols []market.Symbol) {
	s.t.Helper()
	for _, symbol := range symbols {
		s.quote(symbol, 100)
	}
}

func (s *service) outage(symbols []market.Symbol) {
	s.t.Helper()
	for _, symbol := range symbols {
		s.turn(symbol, market.Stale, market.Disconnected)
	}
}

// expectStatus wants a view of what the book has, in which all symbols have a status.
// It waits longer than any client for its next connection.
func (f *follower) expectStatus(t *testing.T, s *service, symbols []market.Symbol, want market.Status) {
	t.Helper()
	sleep(2 * time.Minute)
	expectBook(t, s, f.view, symbols...)
	for _, symbol := range symbols {
		q, _ := f.view.Quote(symbol)
		expect(t, "status of "+string(symbol), q.Status, want)
	}
}

// TestStatusIsThatOfTheBookHoweverModesAreMixed drives clients with subscribes for which
// nobody waits, unsubscribes and breaks. Whenever all is quiet a client must believe what
// the book does of everything that is subscribed.
func TestStatusIsThatOfTheBookHoweverModesAreMixed(t *testing.T) {
	t.Parallel()
	entries := []string{"*", "S*", "S1*", "S0", "S1", "S2", "S10", "S11", "T0"}
	symbols := []market.Symbol{"S0", "S1", "S2", "S10", "S11", "T0"}
	overEachWay(t, func(t *testing.T, s *service, follow func() *follower) {
		random := rand.New(rand.NewPCG(7, 8))
		f, wanted := follow(), make(map[string]bool)
		nobody, end := context.WithCancel(t.Context())
		end()
		for range 20 {
			for range 40 {
				name, symbol := entries[random.IntN(len(entries))], symbols[random.IntN(len(symbols))]
				switch random.IntN(16) {
				case 0, 1:
					wanted[name] = true
					_, _ = f.Subscribe(nobody, client.Subscription{
						Symbols: []string{name}, Interval: 20 * ms << random.IntN(3), Delta: random.IntN(2) == 0,
					})
				case 2:
					delete(wanted, name)
					_ = f.Unsubscribe(nobody, name)
				case 3:
					if random.IntN(5) == 0 {
						s.cut()
					}
				case 4, 5, 6:
					s.turn(symbol, market.Stale, market.Silent)
				case 7:
					s.turn(symbol, market.Halted, market.NoReason)
				case 8:
					s.turn(symbol, market.Live, market.NoReason)
				case 9, 10, 11:
					sleep(time.Duration(random.IntN(60)) * ms)
				default:
					s.quote(symbol, int64(random.IntN(1000)))
				}
			}
			sleep(2 * time.Minute)
			var ours []market.Symbol
			for _, symbol := range symbols {
				if covered(t, symbol, wanted) {
					ours = append(ours, symbol)
				} else {
					f.view.Forget(symbol)
				}
			}
			expectBook(t, s, f.view, ours...)
		}
	})
}

// covered reports whether one of some names and patterns covers a symbol.
func covered(t *testing.T, symbol market.Symbol, names map[string]bool) bool {
	t.Helper()
	for name := range names {
		pattern, err := market.ParsePattern(name)
		if err != nil {
			t.Fatal(err)
		}
		if pattern.Match(symbol) {
			return true
		}
	}
	return false
}

// stale returns a record that names its status.
func stale(symbol market.Symbol, seq uint64) wire.Record {
	r := live(quote(symbol, seq, 100))
	r.Status, r.Reason = market.Stale, market.Disconnected
	return r
}

// puppet is a client of a service that does one thing after the other, as it is told.
type puppet struct {
	t      *testing.T
	client *running
	view   *client.View
	steps  chan func(c *clienttest.Conn)
}

// onStrings runs a client of a service that has said welcome.
func onStrings(t *testing.T) *puppet {
	t.Helper()
	p := &puppet{t: t, view: client.NewView(), steps: make(chan func(*clienttest.Conn))}
	p.client = run(t, client.Config{OnQuotes: p.view.Apply}, func(c *clienttest.Conn) {
		c.Welcome()
		for step := range p.steps {
			step(c)
		}
		drain(c)
	})
	t.Cleanup(func() { close(p.steps) })
	return p
}

// subscribe waits for no answer.
func (p *puppet) subscribe(name string, delta bool) {
	p.t.Helper()
	ctx, end := context.WithCancel(p.t.Context())
	end()
	_, err := p.client.Subscribe(ctx, client.Subscription{Symbols: []string{name}, Delta: delta})
	expectError(p.t, err, "context canceled")
	synctest.Wait()
}

// asked has the service take a request, and returns what answers that.
func (p *puppet) asked() (answer func(c *clienttest.Conn)) {
	var r wire.Request
	p.steps <- func(c *clienttest.Conn) { r, _ = c.Receive() }
	return func(c *clienttest.Conn) { grantAll(c, r) }
}

// sends has the service send a record of A, which the view shows with a status.
func (p *puppet) sends(r wire.Record, want market.Status) {
	p.t.Helper()
	p.steps <- func(c *clienttest.Conn) { c.Quotes("c", r) }
	synctest.Wait()
	q, _ := p.view.Quote("A")
	expect(p.t, "seq", q.Seq, r.Seq)
	expect(p.t, fmt.Sprintf("status at %d", r.Seq), q.Status, want)
}

func TestModeIsTheOneThatTheServiceAnsweredForLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := onStrings(t)
		p.subscribe("A", false)
		p.steps <- p.asked()
		p.sends(stale("A", 1), market.Stale)
		p.subscribe("A", true)
		answer := p.asked()
		p.subscribe("A", false) // before the answer, which nobody waits for any more
		p.sends(quote("A", 2, 100), market.Live)
		p.steps <- answer
		p.sends(stale("A", 3), market.Stale)
		p.sends(quote("A", 4, 100), market.Stale) // a difference, which says nothing of it
		answer = p.asked()
		p.sends(quote("A", 5, 100), market.Stale)
		p.steps <- answer
		p.sends(quote("A", 6, 100), market.Live)
	})
}

func TestNameThatTheServiceTookAwayLeavesItsSymbolToAPattern(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := onStrings(t)
		p.subscribe("*", true)
		p.steps <- p.asked()
		p.subscribe("A", false)
		p.steps <- p.asked()
		p.sends(stale("A", 1), market.Stale)
		p.sends(quote("A", 2, 100), market.Live)
		p.steps <- func(c *clienttest.Conn) {
			c.Send(&wire.Removed{Symbols: []string{"A"}, Code: wire.CodeForbidden})
		}
		p.sends(stale("A", 3), market.Stale)
		p.sends(quote("A", 4, 100), market.Stale)
	})
}
