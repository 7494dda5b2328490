package faults_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ticker/client"
)

// fleet is a service of several nodes under a steady load, with watchers of every
// habit at each edge. The program of its stage is the first edge.
type fleet struct {
	*stage
	ingests []*program // of which one leads
	edges   []*program
}

// fleetSetup says what a fleet is made of.
type fleetSetup struct {
	engine string // its URL
	// history is where the leader records and edges read, nowhere if empty.
	history        string
	ingests, edges int
}

// node is the setup of a node with a role.
func (s fleetSetup) node(role string) setup {
	return setup{
		config: fmt.Sprintf("relay: {url: %q, role: %s}\n", s.engine, role) + shutdown,
		args:   []string{"--history", s.history},
	}
}

// takesIn runs a node with a feed.
func (s fleetSetup) takesIn(t *testing.T) *program {
	t.Helper()
	n := s.node("ingest")
	n.config += pushConfig
	return start(t, n)
}

func one(value float64) bool { return value == 1 }

// assemble runs the nodes and loads them. The first ingest leads.
func assemble(t *testing.T, s fleetSetup) *fleet {
	t.Helper()
	if s.history == "" {
		s.history = "off"
	}
	f := new(fleet)
	for i := range s.ingests {
		p := s.takesIn(t)
		f.ingests = append(f.ingests, p)
		if i == 0 {
			p.awaitMetric("ticker_relay_leading", one)
		} else {
			p.awaitMetric("ticker_relay_connected", one)
		}
	}
	for range s.edges {
		f.edges = append(f.edges, start(t, s.node("edge")))
	}
	f.populate(t)
	return f
}

// populate lets watchers and quotes in.
func (f *fleet) populate(t *testing.T) {
	t.Helper()
	f.stage = &stage{t: t, program: f.edges[0], source: supply(t, f.ingests...)}
	for _, edge := range f.edges {
		edge.awaitReady()
		for _, h := range habits() {
			f.crowd = append(f.crowd, watch(t, edge.public, f.source, h))
		}
	}
	f.source.resume()
	f.source.awaitRounds(10)
	f.quiet()
}

// supply makes a source of the usual load for whichever node takes it.
func supply(t *testing.T, nodes ...*program) *source {
	t.Helper()
	s := pour(t, nodes[0], usualSymbols(), pace)
	for _, another := range nodes[1:] {
		s.takers = append(s.takers, another.public)
	}
	s.relayed = true
	s.web.Timeout = time.Second // one that stands still is not waited for
	return s
}

// leader returns the node that leads, and the others that could.
func (f *fleet) leader() (leader *program, others []*program) {
	f.t.Helper()
	await(f.t, "a leader", func() bool {
		leader, others = nil, nil
		for _, p := range f.ingests {
			if p.metrics()["ticker_relay_leading"] == 1 {
				leader = p
			} else {
				others = append(others, p)
			}
		}
		return leader != nil
	})
	return leader, others
}

// goneStale waits until every watcher was told that nothing is live.
func (f *fleet) goneStale(crowd []*watcher) {
	f.t.Helper()
	since := time.Now()
	for _, w := range crowd {
		await(f.t, fmt.Sprintf("a watcher over %v is told of staleness", w.habit.transport), func() bool {
			return w.holds(func(a *account) bool { return a.stale(f.source.symbols) })
		})
	}
	f.t.Logf("all of %d watchers were told of staleness after %v", len(crowd), time.Since(since).Round(time.Millisecond))
}

// healed waits until every watcher has the last round, live, without a fault on the
// way and in the connection that it had.
func (f *fleet) healed() {
	f.t.Helper()
	since := time.Now()
	f.quiet()
	f.t.Logf("all of %d watchers had the newest, live, after %v", len(f.crowd), time.Since(since).Round(time.Millisecond))
	f.stayed()
}

// stayed wants no connection to have ended. Answers to polls are connections of
// their own, of which one may fail.
func (f *fleet) stayed() {
	f.t.Helper()
	for _, w := range f.crowd {
		if w.habit.transport != client.Poll {
			w.expectUndisturbed()
		}
	}
}

// remembered wants every round that was accepted in history, as an edge tells it.
func (f *fleet) remembered() {
	f.t.Helper()
	last := int(f.source.hold())
	await(f.t, fmt.Sprintf("history of all symbols has round %d", last), func() bool {
		return !slices.ContainsFunc(f.source.symbols, func(symbol string) bool {
			found, _ := f.read(symbol)
			return len(found) == 0 || found[len(found)-1] != last
		})
	})
	f.recorded(time.Now().Add(2 * grace))
}
