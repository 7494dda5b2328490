package relay_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
	"ticker/relay"
	"ticker/relay/relaytest"
)

// dynasty is nodes that could lead, and edges that follow whoever does.
type dynasty struct {
	t      *testing.T
	engine *relaytest.Engine
	heirs  []*heir
	edges  []*member
	asks   int64
	trades map[market.Symbol]*market.Bar
}

// heir is a node that could lead. Its feed speaks while it does.
type heir struct {
	*member
	leads atomic.Bool
	since time.Time             // when it was seen to lead first
	ended atomic.Pointer[error] // of Run, nil before
}

// deposed reports whether it ended since another leads.
func (h *heir) deposed() bool {
	err := h.ended.Load()
	return err != nil && errors.Is(*err, relay.ErrDeposed)
}

func newDynasty(t *testing.T, heirs, edges int) *dynasty {
	t.Helper()
	d := &dynasty{t: t, engine: relaytest.New(), trades: make(map[market.Symbol]*market.Bar)}
	for range heirs {
		d.join()
		pass(2 * time.Second) // so that the first is the first to lead
	}
	c := cluster{t: t}
	for i := range edges {
		m := newMember(d.engine, fmt.Sprint("edge", i), false)
		d.edges = append(d.edges, m)
		c.follow(m, relay.FollowerConfig{All: true})
	}
	pass(2 * time.Second)
	return d
}

// join adds a node that could lead.
func (d *dynasty) join() *heir {
	d.t.Helper()
	h := &heir{member: newMember(d.engine, fmt.Sprint("heir", len(d.heirs)), false)}
	d.heirs = append(d.heirs, h)
	var standby *relay.Standby
	standby, err := relay.NewStandby(relay.StandbyConfig{
		Follower: relay.FollowerConfig{Book: h.book, Inlet: h.inlet, Places: h.places, All: true},
		Candidate: relay.CandidateConfig{Lease: h.node, Holder: h.name, Lead: func(ctx context.Context, _ uint64) error {
			h.leads.Store(true)
			defer h.leads.Store(false)
			p, err := relay.NewPublisher(relay.PublisherConfig{
				Book: h.book, Outlet: h.node, Places: h.places, Mandate: standby.Mandate(),
			})
			if err != nil {
				return err
			}
			return p.Run(ctx)
		}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	h.run(d.t, func(ctx context.Context) error {
		err := standby.Run(ctx)
		h.ended.Store(&err)
		return err
	})
	return h
}

// leader returns the node that leads and is heard, nil if there is none.
func (d *dynasty) leader() *heir {
	for _, h := range d.heirs {
		if h.leads.Load() {
			if h.since.IsZero() {
				h.since = time.Now()
			}
			return h
		}
	}
	return nil
}

func (d *dynasty) quote(symbol market.Symbol, price, size int64) {
	if h := d.leader(); h != nil {
		d.asks++
		quote(h.book, symbol, price, size, d.asks)
		if d.trades[symbol] == nil {
			d.trades[symbol] = new(market.Bar)
		}
		d.trades[symbol].Trade(market.NewDecimal(price, 2), market.NewDecimal(size, 0))
	}
}

func (d *dynasty) check() error {
	var all []error
	for _, e := range d.edges {
		all = append(all, e.check())
	}
	return errors.Join(all...)
}

func (d *dynasty) stop() {
	for _, h := range d.heirs {
		h.stop()
	}
	for _, e := range d.edges {
		e.stop()
	}
}

// agree returns an error unless all edges have the records of the leader.
func (d *dynasty) agree() error {
	h := d.leader()
	if h == nil {
		return errors.New("nobody leads")
	}
	for _, e := range d.edges {
		if diff := cmp.Diff(h.records(), e.records(), sameQuotes()); diff != "" {
			return fmt.Errorf("%s (-leader +edge):\n%s", e.name, diff)
		}
		if e.places.Epoch() != h.places.Epoch() {
			return fmt.Errorf("%s has epoch %s, the leader %s", e.name, e.places.Epoch(), h.places.Epoch())
		}
	}
	return nil
}

// TestAStandbyGoesOnWhereItsLeaderEnded kills leaders at any point: at once, by a cut
// from the engine, or in order.
func TestAStandbyGoesOnWhereItsLeaderEnded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		kinds := []string{"quote", "quote", "quote", "quote", "pass", "pass", "kill", "cut", "end", "visit"}
		script := rapid.SliceOfN(drawAct(kinds), 1, 40).Draw(rt, "script")
		var broken error
		synctest.Test(t, func(t *testing.T) { broken = playFailover(t, script) })
		if broken != nil {
			rt.Fatal(broken)
		}
	})
}

func playFailover(t *testing.T, script []act) error {
	t.Helper()
	d := newDynasty(t, 2, 2)
	defer d.stop()
	epoch := d.heirs[0].places.Epoch()
	c := client{has: make(map[market.Symbol]market.Quote)}
	lost := false
	for i, a := range script {
		h := d.leader()
		if h != nil && (a.Kind == "kill" || a.Kind == "cut") && time.Since(h.since) < 100*time.Millisecond {
			pass(100 * time.Millisecond) // or what it had of the leader before dies with it
		}
		switch {
		case a.Kind == "quote":
			d.quote(symbolOf(a.Symbol), a.Price, max(a.Size, 1))
		case a.Kind == "pass":
			time.Sleep(a.Time)
		case a.Kind == "visit" && a.Node > 0:
			c.visit(append(d.edges, d.edges...)[a.Node])
		case h == nil:
		case a.Kind == "kill":
			h.node.Cut(true)
			lost = true
			d.replace(h)
		case a.Kind == "cut":
			h.node.Cut(true)
			lost = true
			pass(5 * time.Second) // another leads
			h.node.Cut(false)
			pass(5 * time.Second) // it notices
			if !h.deposed() {
				return fmt.Errorf("after step %d the leader that was cut off goes on", i)
			}
			d.replace(h)
		case a.Kind == "end":
			d.replace(h)
		}
		synctest.Wait()
		if err := d.check(); err != nil {
			return fmt.Errorf("after step %d %+v: %w", i, a, err)
		}
	}
	pass(10 * time.Second)
	if err := errors.Join(d.check(), d.agree(), d.count(lost)); err != nil {
		return err
	}
	h := d.leader()
	for _, m := range append(d.edges, h.member) {
		c.visit(m)
		if diff := cmp.Diff(h.records(), c.has, sameQuotes()); diff != "" {
			return fmt.Errorf("the client at %s (-leader +client):\n%s", m.name, diff)
		}
	}
	if h.places.Epoch() != epoch {
		return fmt.Errorf("the epoch went from %s to %s", epoch, h.places.Epoch())
	}
	return nil
}

// replace ends a node and has a new one in its place.
func (d *dynasty) replace(h *heir) {
	h.stop()
	d.join()
}

// count holds the trades that edges told of against all: none twice, and all if
// every leader ended in order.
func (d *dynasty) count(lost bool) error {
	for _, e := range d.edges {
		for symbol, all := range d.trades {
			got := e.heard(symbol)
			if got.Trades > all.Trades || !lost && fmt.Sprint(got) != fmt.Sprint(*all) {
				return fmt.Errorf("%s: %s: told of %+v, want %+v", e.name, symbol, got, *all)
			}
		}
	}
	return nil
}

// What is kept may be a second old; a standby has the rest.
func TestANewcomerLeavesTheLeaseToAStandby(t *testing.T) {
	t.Parallel()
	for range 8 { // whoever tries first is a matter of chance
		synctest.Test(t, func(t *testing.T) {
			d := newDynasty(t, 2, 1)
			defer d.stop()
			d.leader() // it is seen
			d.quote(symbolOf(0), 1, 1)
			pass(60 * time.Millisecond) // it is sent, and not kept
			d.heirs[0].node.Cut(true)
			d.replace(d.heirs[0])
			pass(10 * time.Second)
			if !d.heirs[1].leads.Load() {
				t.Error("the standby does not lead")
			}
			if err := d.agree(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the leader took meanwhile it alone has.
func TestAfterAnOutageAStandbyLeavesTheLeaseToItsLeader(t *testing.T) {
	t.Parallel()
	for range 8 { // whoever tries first is a matter of chance
		synctest.Test(t, func(t *testing.T) {
			d := newDynasty(t, 2, 1)
			defer d.stop()
			d.quote(symbolOf(0), 1, 1)
			d.engine.Stop(true)
			d.quote(symbolOf(0), 2, 1)
			pass(10 * time.Second)
			d.engine.Stop(false)
			pass(10 * time.Second)
			if !d.heirs[0].leads.Load() || d.heirs[1].leads.Load() {
				t.Error("another node leads")
			}
			if err := errors.Join(d.agree(), d.count(false)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestALeaderThatDiedInAnOutageIsSucceededAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDynasty(t, 2, 1)
		defer d.stop()
		d.engine.Stop(true)
		pass(10 * time.Second)
		d.heirs[0].node.Cut(true)
		d.heirs[0].stop()
		d.engine.Stop(false)
		pass(10 * time.Second)
		if !d.heirs[1].leads.Load() {
			t.Error("nobody leads")
		}
		if err := d.agree(); err != nil {
			t.Error(err)
		}
	})
}
