package client_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// running is a client that runs against a scripted service, inside a bubble.
type running struct {
	*client.Client
	cancel context.CancelFunc
	ended  chan error

	mu     sync.Mutex
	states []change
}

// change is a change of the state, with the time since the start.
type change struct {
	at    time.Duration
	state client.State
}

// run starts a client; the end of the bubble ends both sides. A script speaks
// WebSocket, so that is the only transport unless the Config has others.
func run(t *testing.T, cfg client.Config, script func(*clienttest.Conn)) *running {
	t.Helper()
	server := clienttest.Start(script)
	t.Cleanup(server.Close)
	if cfg.URL == "" {
		cfg.URL = server.URL
	}
	if cfg.NetDial == nil {
		cfg.NetDial = server.Dial
	}
	if cfg.Transports == nil {
		cfg.Transports = []client.Transport{client.WebSocket}
	}
	r := &running{ended: make(chan error, 1)}
	start, inner := time.Now(), cfg.OnState
	cfg.OnState = func(s client.State) {
		r.mu.Lock()
		r.states = append(r.states, change{time.Since(start), s})
		r.mu.Unlock()
		if inner != nil {
			inner(s)
		}
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Client = c
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	var wait sync.WaitGroup
	wait.Go(func() { r.ended <- c.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wait.Wait()
	})
	return r
}

// in returns the changes to one phase.
func (r *running) in(phase client.Phase) []change {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []change
	for _, c := range r.states {
		if c.state.Phase == phase {
			found = append(found, c)
		}
	}
	return found
}

// end ends the client and returns what Run returned.
func (r *running) end() error {
	r.cancel()
	return <-r.ended
}

// idle welcomes the client and waits until it goes.
func idle(c *clienttest.Conn) {
	c.Welcome()
	drain(c)
}

func drain(c *clienttest.Conn) {
	for {
		if _, ok := c.Receive(); !ok {
			return
		}
	}
}

// grantAll answers a subscribe with all it asks for.
func grantAll(c *clienttest.Conn, r wire.Request) {
	s := r.Body.(*wire.Subscribe)
	c.Answer(r, &wire.Subscribed{Interval: s.Interval, Subscribed: s.Symbols})
}

// quote returns a full record, which names no status.
func quote(symbol market.Symbol, seq uint64, bid int64) wire.Record {
	q := market.Quote{Symbol: symbol, Seq: seq, Recv: int64(seq), Known: 1 << market.Bid}
	q.Values[market.Bid] = market.NewDecimal(bid, 2)
	return wire.Record{Quote: q, Set: q.Known}
}

// live returns a record with the status that callbacks are given with it.
func live(r wire.Record) wire.Record {
	r.Set = r.Set.With(market.StatusField)
	return r
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	sameTotal := cmp.Comparer(func(a, b market.Total) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got, sameTotal); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func expectError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want one with %q", err, want)
	}
}
