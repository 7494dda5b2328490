package faults_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ticker/client"
	"ticker/internal/natstest"
	"ticker/market"
	"ticker/wire"
)

// balancer leads each connection to the next edge that accepts it.
type balancer struct {
	edges []string
	next  atomic.Int64
}

func (b *balancer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var dialer net.Dialer
	var all error
	for range b.edges {
		edge := b.edges[int(b.next.Add(1))%len(b.edges)]
		conn, err := dialer.DialContext(ctx, network, edge)
		if err == nil {
			return conn, nil
		}
		all = errors.Join(all, err)
	}
	return nil, all
}

// calm is a symbol that does not change.
const calm = "CALM"

// roamers are clients for whom any edge will do. They watch what changes, and
// something beside it that does not.
func (f *fleet) roamers(n int) (crowd []*watcher) {
	f.t.Helper()
	b := new(balancer)
	for _, edge := range f.edges {
		b.edges = append(b.edges, edge.public)
	}
	const once = `{"symbol":"` + calm + `","bid":1,"last":1}`
	if status, text := f.ingests[0].push(once); !strings.Contains(text, `"accepted":1`) {
		f.t.Fatalf("a quote is answered %d %s", status, text)
	}
	way := client.Config{URL: "http://localhost", NetDial: b.dial}
	for range n {
		w := watchOver(f.t, way, f.source, habit{client.WebSocket, wire.JSON, 250 * time.Millisecond, false, false})
		if _, err := w.client.Subscribe(f.t.Context(), client.Subscription{Symbols: []string{calm}}); err != nil {
			f.t.Fatal(err)
		}
		crowd = append(crowd, w)
	}
	for _, w := range crowd {
		await(f.t, calm, func() bool { return w.told(calm) == 1 })
	}
	return crowd
}

// told returns how many records of a symbol there were in the present epoch.
func (w *watcher) told(symbol market.Symbol) (n int) {
	w.holds(func(a *account) bool {
		if held := a.entries[symbol]; held != nil {
			n = held.records
		}
		return true
	})
	return n
}

func TestThroughARollingRestartOfEdgesEveryClientKeepsItsPlace(t *testing.T) {
	t.Parallel()
	f := assemble(t, fleetSetup{engine: natstest.Start(t, natstest.Options{}).URL(), ingests: 1, edges: 3})
	crowd := f.roamers(84)
	f.crowd = append(f.crowd, crowd...)
	for _, edge := range f.edges {
		f.source.awaitRounds(50)
		edge.terminate()
		f.source.awaitRounds(50)
		last := f.source.hold()
		again := 0
		for _, w := range crowd {
			w.ends(f.source.symbols, last)
			if w.told(calm) != 1 {
				again++
			}
		}
		if again > 0 {
			t.Errorf("%d of %d clients were sent again what did not change", again, len(crowd))
		}
		f.source.resume()
		edge.again()
		edge.awaitReady()
		f.quiet()
	}
	for _, w := range crowd {
		if w.connections() < 2 {
			t.Error("a client lived through the end of all edges")
		}
	}
	if n := f.source.unknown(); n != 0 {
		t.Errorf("%d rounds were not accepted while edges restarted", n)
	}
}
