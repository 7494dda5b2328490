package relay_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"ticker/book"
	"ticker/market"
	"ticker/relay"
	"ticker/relay/relaytest"
)

// mandate is a right to lead that the test gives and takes.
type mandate struct {
	mu   sync.Mutex
	term uint64
	ok   bool
}

func (m *mandate) Valid() (uint64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.term, m.ok
}

func (m *mandate) set(term uint64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.term, m.ok = term, ok
}

// member is one node of a cluster: a book, and what fills or reads it.
type member struct {
	name   string
	node   *relaytest.Node
	inlet  relay.Inlet
	book   *book.Book
	places *relay.Places
	cancel context.CancelFunc
	group  sync.WaitGroup

	follower *relay.Follower // nil at the leader

	marks map[market.Symbol]book.Mark // where heard begins
	saw   map[market.Symbol]market.Quote
}

func newMember(e *relaytest.Engine, name string, backlog bool) *member {
	m := &member{
		name: name, node: e.Node(name), book: book.New(book.Config{}), cancel: func() {},
		marks: make(map[market.Symbol]book.Mark), saw: make(map[market.Symbol]market.Quote),
	}
	m.book.TapeNewcomers(1)
	m.places = relay.NewPlaces(m.book.Epoch())
	m.inlet = m.node
	if backlog {
		m.inlet = relaytest.WithBacklog{Node: m.node}
	}
	return m
}

// run runs something of the node until stop.
func (m *member) run(t *testing.T, do func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	m.cancel = cancel
	m.group.Go(func() {
		if err := do(ctx); err != nil && !errors.Is(err, relay.ErrDeposed) {
			t.Errorf("%s: %v", m.name, err)
		}
	})
}

func (m *member) stop() {
	m.cancel()
	m.group.Wait()
}

// check returns an error if a seq went back, a record changed without one, or an
// older quote came back.
func (m *member) check() error {
	for _, c := range m.book.Roster().From(0) {
		was, is := m.saw[c.Symbol()], c.Quote()
		if is.Seq < was.Seq || is.Seq == was.Seq && is != was || is.Values[market.Ask].Cmp(was.Values[market.Ask]) < 0 {
			return fmt.Errorf("%s: %+v came after %+v", m.name, is, was)
		}
		m.saw[c.Symbol()] = is
	}
	return nil
}

// heard returns the trades of a symbol that a session of this node was told of which
// was there from the beginning.
func (m *member) heard(symbol market.Symbol) market.Bar {
	c := m.book.Find(symbol)
	if c == nil {
		return market.Bar{}
	}
	mark, ok := m.marks[symbol]
	if !ok {
		mark = c.Mark(true)
		m.marks[symbol] = mark
	}
	var s market.Sample
	var r book.Reader
	next := r.Sample(c, mark, &s)
	r.Unmark(c, next)
	r.Close()
	return s.Bar
}

// records returns all records without what differs between nodes.
func (m *member) records() map[market.Symbol]market.Quote {
	all := make(map[market.Symbol]market.Quote)
	for _, c := range m.book.Roster().From(0) {
		q := c.Quote()
		q.Seq = 0
		all[c.Symbol()] = q
	}
	return all
}

// client is one who goes from node to node with a cursor.
type client struct {
	epoch string
	tick  uint64
	has   map[market.Symbol]market.Quote
}

// visit reads what changed since the client was anywhere last.
func (c *client) visit(m *member) {
	since := uint64(0)
	if c.epoch == m.places.Epoch() {
		since = m.places.Inward(c.tick)
	}
	c.epoch, c.tick = m.places.Epoch(), m.places.Outward(m.book.AdvanceSafe())
	for _, cell := range m.book.Roster().From(0) {
		if _, changed := cell.After(since, market.AllValues); changed {
			q := cell.Quote()
			q.Seq = 0
			c.has[cell.Symbol()] = q
		}
	}
}

// cluster is a leader, whose mandate is the test's, and followers.
type cluster struct {
	t       *testing.T
	engine  *relaytest.Engine
	mandate *mandate
	leader  *member
	edges   []*member
}

func newCluster(t *testing.T, edges int, backlog bool) *cluster {
	t.Helper()
	c := &cluster{t: t, engine: relaytest.New(), mandate: &mandate{term: 1, ok: true}}
	c.leader = newMember(c.engine, "leader", false)
	c.lead()
	for i := range edges {
		m := newMember(c.engine, fmt.Sprint("edge", i), backlog)
		c.edges = append(c.edges, m)
		c.follow(m, relay.FollowerConfig{All: true})
	}
	return c
}

// lead has the leader lead.
func (c *cluster) lead() {
	c.t.Helper()
	p, err := relay.NewPublisher(relay.PublisherConfig{
		Book: c.leader.book, Outlet: c.leader.node, Places: c.leader.places, Mandate: c.mandate,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.leader.run(c.t, p.Run)
}

// follow has a node follow.
func (c *cluster) follow(m *member, cfg relay.FollowerConfig) {
	c.t.Helper()
	cfg.Book, cfg.Inlet, cfg.Places = m.book, m.inlet, m.places
	f, err := relay.NewFollower(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	m.follower = f
	m.run(c.t, f.Run)
}

func (c *cluster) stop() {
	c.leader.stop()
	for _, m := range c.edges {
		m.stop()
	}
}

// quote gives a book an update of a bid and, with a size above 0, of a trade. Of the
// quotes of a symbol each has a higher ask than the one before.
func quote(b *book.Book, symbol market.Symbol, price, size, ask int64) {
	u := market.Update{Symbol: symbol, Source: b.Source("sim")}
	u.Put(market.Bid, market.NewDecimal(price, 2))
	u.Put(market.Ask, market.NewDecimal(ask, 0))
	if size > 0 {
		u.Trade = true
		u.Put(market.Last, market.NewDecimal(price, 2))
		u.Put(market.LastSize, market.NewDecimal(size, 0))
	}
	b.Apply(&u)
}
