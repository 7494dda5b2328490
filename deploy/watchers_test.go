package deploy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// quiet is a symbol that clients watch, and that changes once at most.
const quiet = "B-QUIET"

// watcher is a client of the service that comes back by itself.
type watcher struct {
	*client.Client
	way     client.Transport
	view    *client.View
	quiets  atomic.Int32 // how often it was sent the quiet symbol
	refused atomic.Int32 // how often it was told that there is no service now
	over    atomic.Bool  // it has given up
	ended   chan error   // and why
}

// watch starts a client of a balancer, from an address of its own.
func (b *balancer) watch(t *testing.T, running *sync.WaitGroup, n int, way client.Transport) *watcher {
	t.Helper()
	w := &watcher{way: way, view: client.NewView(), ended: make(chan error, 1)}
	var err error
	w.Client, err = client.New(client.Config{
		URL: b.url(), TLS: b.trust(), NetDial: from(n), Transports: []client.Transport{way},
		OnQuotes: w.take, OnState: w.note,
	})
	must(t, err)
	running.Go(func() { w.ended <- w.Run(t.Context()) })
	_, err = w.Subscribe(t.Context(), client.Subscription{Symbols: []string{"A", "B*"}, Interval: 100 * time.Millisecond})
	must(t, err)
	return w
}

// take is told what comes.
func (w *watcher) take(b client.Batch) {
	for i := range b.Records {
		if b.Records[i].Symbol == quiet {
			w.quiets.Add(1)
		}
	}
	w.view.Apply(b)
}

// note is told of the states of the connection.
func (w *watcher) note(s client.State) {
	var refused *client.Error
	if errors.As(s.Err, &refused) && refused.Code == wire.CodeUnavailable {
		w.refused.Add(1)
	}
	if s.Phase == client.Ended {
		w.over.Store(true)
	}
}

// watchers starts several, of which one in ten takes event streams and one polls, and
// ends them with the test.
func (b *balancer) watchers(t *testing.T, number int) []*watcher {
	t.Helper()
	ways := make([]client.Transport, number)
	for i := range ways {
		switch i % 10 {
		case 8:
			ways[i] = client.Poll
		case 9:
			ways[i] = client.SSE
		default:
			ways[i] = client.WebSocket
		}
	}
	return b.watchersBy(t, ways...)
}

// watchersBy starts one client for each transport.
func (b *balancer) watchersBy(t *testing.T, ways ...client.Transport) []*watcher {
	t.Helper()
	var running sync.WaitGroup
	t.Cleanup(running.Wait) // the test's context has ended by then
	var all []*watcher
	for i, way := range ways {
		all = append(all, b.watch(t, &running, i, way))
	}
	return all
}

// shows reports whether the bids that a client shows are these and no others.
func (w *watcher) shows(bids map[string]int) bool {
	quotes := w.view.Quotes(nil)
	for _, q := range quotes {
		bid, known := q.Value(market.Bid)
		if want, wanted := bids[string(q.Symbol)]; !known || !wanted || bid.String() != strconv.Itoa(want) {
			return false
		}
	}
	return len(quotes) == len(bids)
}

// expectAll waits until every client shows these bids. None may have given up.
func expectAll(t *testing.T, all []*watcher, bids map[string]int) {
	t.Helper()
	for i, w := range all {
		await(t, fmt.Sprintf("client %d (%s) shows %v", i, w.way, bids), func() bool { return w.shows(bids) || w.over.Load() })
		if w.over.Load() {
			t.Fatalf("client %d (%s) gave up: %v", i, w.way, <-w.ended)
		}
	}
}

// expectQuietOnce expects that no client was sent the quiet symbol more than once.
func expectQuietOnce(t *testing.T, all []*watcher) {
	t.Helper()
	for i, w := range all {
		if n := w.quiets.Load(); n != 1 {
			t.Errorf("client %d (%s) was sent %s %d times, which changed once", i, w.way, quiet, n)
		}
	}
}

// pour gives a node ever new quotes, until its context is done.
func (n *node) pour(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for bid := 1; ; bid++ {
		if err := n.push(ctx, bids(map[string]int{"A": bid, "B" + strconv.Itoa(bid%10): bid})); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// last is a state in the end: every symbol that was ever poured has a bid of its own.
func last() map[string]int {
	state := map[string]int{"A": -1}
	for i := range 10 {
		state["B"+strconv.Itoa(i)] = -2 - i
	}
	return state
}
