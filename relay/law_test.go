package relay_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
	"ticker/relay"
)

// The law of the relay: whatever is lost, doubled or delayed on the way, and whoever
// is away for a while, when it is quiet again every node has the records of the
// leader, and each that a client was told of stays. No node's seq ever goes back, no
// trade counts twice or not at all, and a client that goes from node to node with its
// cursor ends with what the leader has.

// act is one step of a script.
type act struct {
	Kind   string
	Node   int
	Symbol int
	Price  int64
	Size   int64
	Time   time.Duration
	Rate   int
}

const (
	lawEdges   = 3
	lawSymbols = 4
)

func symbolOf(i int) market.Symbol { return market.Symbol(fmt.Sprintf("SYM%04d", i)) }

// calm are the kinds of steps that lose nothing, lossy those that need healing.
func calm() []string {
	return []string{"quote", "quote", "quote", "quote", "pass", "pass", "visit", "stale", "double"}
}

func lossy() []string {
	return append(calm(), "lose", "cut", "stop", "fail", "forget", "suspend", "well")
}

func drawAct(kinds []string) *rapid.Generator[act] {
	return rapid.Custom(func(rt *rapid.T) act {
		return act{
			Kind:   rapid.SampledFrom(kinds).Draw(rt, "kind"),
			Node:   rapid.IntRange(0, lawEdges).Draw(rt, "node"),
			Symbol: rapid.IntRange(0, lawSymbols-1).Draw(rt, "symbol"),
			Price:  rapid.Int64Range(1, 99).Draw(rt, "price"),
			Size:   rapid.Int64Range(-1, 9).Draw(rt, "size"),
			Time:   rapid.SampledFrom([]time.Duration{0, time.Millisecond, 49 * time.Millisecond, 120 * time.Millisecond, time.Second, 3 * time.Second}).Draw(rt, "time"),
			Rate:   rapid.IntRange(1, 4).Draw(rt, "rate"),
		}
	})
}

func TestLawEveryNodeEndsWithTheRecordsOfTheLeader(t *testing.T) {
	t.Parallel()
	for name, law := range map[string]struct {
		kinds   []string
		backlog bool
		// exact says that the prices of trades are exact, not only their number and
		// volume.
		exact bool
	}{
		"nothing is lost":                  {calm(), false, true},
		"batches are lost, and told again": {append(calm(), "lose", "well"), true, true},
		"anything goes wrong":              {lossy(), false, false},
		"anything, with a backlog":         {lossy(), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				script := rapid.SliceOfN(drawAct(law.kinds), 1, 60).Draw(rt, "script")
				var broken error
				synctest.Test(t, func(t *testing.T) { broken = playLaw(t, script, law.backlog, law.exact) })
				if broken != nil {
					rt.Fatal(broken)
				}
			})
		})
	}
}

// lawModel is what happened.
type lawModel struct {
	*cluster
	trades map[market.Symbol]*market.Bar
	client client
	asks   int64 // every quote has a higher one
}

func playLaw(t *testing.T, script []act, backlog, exact bool) error {
	t.Helper()
	m := &lawModel{
		cluster: newCluster(t, lawEdges, backlog), trades: make(map[market.Symbol]*market.Bar),
		client: client{has: make(map[market.Symbol]market.Quote)},
	}
	defer m.stop()
	pass(2 * time.Second) // until everybody is in step
	for i, a := range script {
		m.play(a)
		synctest.Wait()
		for _, e := range append(m.edges, m.leader) {
			if err := e.check(); err != nil {
				return fmt.Errorf("after step %d %+v: %w", i, a, err)
			}
		}
	}
	m.well()
	pass(5 * time.Second)
	return m.finish(exact)
}

func (m *lawModel) play(a act) {
	all := append([]*member{m.leader}, m.edges...)
	node := all[a.Node]
	switch a.Kind {
	case "quote":
		m.quote(symbolOf(a.Symbol), a.Price, a.Size)
	case "pass":
		time.Sleep(a.Time)
	case "visit":
		m.client.visit(node)
	case "stale":
		m.leader.book.MarkStale(m.leader.book.Source("sim"), market.Silent)
	case "double":
		m.engine.Disturb(func(string, relay.Message) int { return 2 })
	case "lose":
		n := 0
		m.engine.Disturb(func(name string, _ relay.Message) int {
			if n++; name == node.name && n%a.Rate == 0 {
				return 0
			}
			return 1
		})
	case "cut":
		node.node.Cut(true)
	case "stop":
		m.engine.Stop(true)
	case "fail":
		m.leader.node.FailSends(func(send int) bool { return send%a.Rate == 0 })
	case "forget":
		m.engine.Forget()
	case "suspend":
		m.mandate.set(1, false)
	case "well":
		m.well()
	}
}

// well ends all faults. A mandate that was suspended comes back with a term more.
func (m *lawModel) well() {
	m.engine.Disturb(nil)
	m.engine.Stop(false)
	for _, e := range append(m.edges, m.leader) {
		e.node.Cut(false)
	}
	m.leader.node.FailSends(nil)
	if term, ok := m.mandate.Valid(); !ok {
		m.mandate.set(term+1, true)
	}
}

func (m *lawModel) quote(symbol market.Symbol, price, size int64) {
	m.asks++
	quote(m.leader.book, symbol, price, size, m.asks)
	if size > 0 {
		if m.trades[symbol] == nil {
			m.trades[symbol] = new(market.Bar)
		}
		m.trades[symbol].Trade(market.NewDecimal(price, 2), market.NewDecimal(size, 0))
	}
}

func (m *lawModel) finish(exact bool) error {
	want := m.leader.records()
	for _, e := range m.edges {
		if diff := cmp.Diff(want, e.records(), sameQuotes()); diff != "" {
			return fmt.Errorf("%s (-leader +edge):\n%s", e.name, diff)
		}
		for symbol, bar := range m.trades {
			got := e.heard(symbol)
			if got.Trades != bar.Trades || got.Volume.String() != bar.Volume.String() {
				return fmt.Errorf("%s: %s: %d trades of %s, want %d of %s", e.name, symbol, got.Trades, got.Volume, bar.Trades, bar.Volume)
			}
			if exact && fmt.Sprint(got) != fmt.Sprint(*bar) {
				return fmt.Errorf("%s: %s: trades %+v, want %+v", e.name, symbol, got, *bar)
			}
		}
		if err := e.follower.Ready(); err != nil {
			return fmt.Errorf("%s is not ready: %w", e.name, err)
		}
		m.client.visit(e)
		if diff := cmp.Diff(want, m.client.has, sameQuotes()); diff != "" {
			return fmt.Errorf("the client at %s (-leader +client):\n%s", e.name, diff)
		}
		if cursor := m.client.tick; cursor == 0 {
			return fmt.Errorf("%s has no cursor to give", e.name)
		}
	}
	return nil
}

func sameQuotes() cmp.Option {
	return cmp.Comparer(func(a, b market.Quote) bool { return a == b })
}

// pass lets time pass, and everything happen that comes with it.
func pass(d time.Duration) {
	time.Sleep(d) // fake time: the bubble's clock
	synctest.Wait()
}
