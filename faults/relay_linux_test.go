package faults_test

import (
	"net"
	"testing"
	"time"

	"ticker/internal/natstest"
)

// spread is a fleet of two edges, the second of which is in another network, and has
// its way to the engine and its clients' to it over a cable.
func spread(t *testing.T) (f *fleet, enginePort string) {
	t.Helper()
	loopback(t)
	smallBuffers(t)
	far := plug(t)
	nats := natstest.Start(t, natstest.Options{})
	_, enginePort, err := net.SplitHostPort(nats.Addr())
	if err != nil {
		t.Fatal(err)
	}
	lend(t, enginePort) // the server listens on the loopback address only
	s := fleetSetup{engine: nats.URL(), history: "off"}
	f = &fleet{ingests: []*program{s.takesIn(t)}}
	f.ingests[0].awaitMetric("ticker_relay_leading", one)
	f.edges = append(f.edges, start(t, s.node("edge")))
	s.engine = "nats://" + net.JoinHostPort(hereAddr, enginePort)
	distant := s.node("edge")
	distant.config += "auth: {mode: none}\n"
	distant.host, distant.prefix = thereAddr, far.prefix()
	f.edges = append(f.edges, start(t, distant))
	f.populate(t)
	return f, enginePort
}

// at returns the watchers of an edge.
func (f *fleet) at(edge int) []*watcher {
	each := len(f.crowd) / len(f.edges)
	return f.crowd[edge*each:][:each]
}

func TestAnEdgeThatIsPartedFromItsEngineIsStaleAloneAndHeals(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	f, port := spread(t)
	partFrom(t, port)
	f.goneStale(f.at(1))
	everybody := f.crowd
	f.crowd = f.at(0)
	f.quiet()
	f.source.awaitRounds(100)
	f.crowd = everybody
	rejoin(t)
	f.healed()
	f.unharmed(f.at(0))
}

// unharmed wants watchers to have heard of no trouble.
func (f *fleet) unharmed(crowd []*watcher) {
	f.t.Helper()
	for _, w := range crowd {
		if w.holds(func(a *account) bool { return a.stales > 0 }) {
			f.t.Errorf("a watcher over %v was told of staleness that is another edge's", w.habit.transport)
		}
	}
}

// lateBy bounds the age of what an edge shows as live behind a link that is slower than
// the stream. What is on the way is given up when a ping is not answered; if it queued
// it would be as old as the test.
const lateBy = 10 * time.Second

func TestAnEdgeBehindASlowLinkShowsNothingOldAsLiveAndHeals(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	f, _ := spread(t)
	before := f.edges[1].resident()
	narrow(t, "24kbit") // 3 KB/s
	f.source.awaitRounds(750)
	if grown := f.edges[1].resident() - before; grown > 32<<20 {
		t.Errorf("behind a slow link an edge grew by %.0f bytes", grown)
	}
	widen(t)
	f.healed()
	f.unharmed(f.at(0))
	for _, w := range f.at(1) {
		t.Logf("over %v: oldest record %v", w.habit.transport, w.age().Round(time.Millisecond))
		if w.age() > lateBy+w.habit.interval {
			t.Errorf("a record was live at the age of %v", w.age())
		}
		if !w.holds(func(a *account) bool { return a.stales > 0 }) {
			t.Errorf("a watcher over %v was not told that the link is too slow", w.habit.transport)
		}
	}
}
