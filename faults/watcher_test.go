package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ticker/client"
	"ticker/wire"
)

// habit is how a watcher watches.
type habit struct {
	transport client.Transport
	codec     wire.Codec
	interval  time.Duration
	delta     bool
	envelope  bool
}

// habits are one of each kind: every transport and encoding, fast and slow,
// whole and different records, with and without envelopes.
func habits() []habit {
	return []habit{
		{client.WebSocket, wire.JSON, 50 * time.Millisecond, false, true},
		{client.WebSocket, wire.MsgPack, 20 * time.Millisecond, true, true},
		{client.WebSocket, wire.MsgPack, time.Second, true, false},
		{client.WebSocket, wire.JSON, 250 * time.Millisecond, false, false},
		{client.SSE, wire.JSON, 100 * time.Millisecond, false, true},
		{client.Poll, wire.JSON, 100 * time.Millisecond, false, false},
	}
}

// watcher is a client that keeps an account of what it was sent.
type watcher struct {
	t      *testing.T
	habit  habit
	source *source
	client *client.Client

	mu       sync.Mutex
	account  *account
	endings  []error // of its connections
	sessions int     // connections that were made
}

// watch connects a watcher to an address until the test ends, and returns when it
// was granted everything.
func watch(t *testing.T, address string, s *source, h habit) *watcher {
	t.Helper()
	return watchOver(t, client.Config{URL: "http://" + address}, s, h)
}

// watchOver connects a watcher in the way that a configuration begins with.
func watchOver(t *testing.T, way client.Config, s *source, h habit) *watcher {
	t.Helper()
	w := &watcher{t: t, habit: h, source: s, account: newAccount()}
	w.account.relayed = s.relayed
	var err error
	w.client, err = client.New(client.Config{
		URL: way.URL, NetDial: way.NetDial, Token: way.Token, TLS: way.TLS,
		Codec: h.codec, Transports: []client.Transport{h.transport},
		OnQuotes:          func(b client.Batch) { w.noted(b, s.tried.Load()) },
		OnState:           w.changed,
		MaxReconnectDelay: 500 * time.Millisecond, // that of the service is kept up to it
		CommandTimeout:    patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	runUntilEnd(t, w.client)
	granting, done := context.WithTimeout(t.Context(), patience)
	defer done()
	granted, err := w.client.Subscribe(granting, client.Subscription{
		Symbols: s.symbols, Interval: h.interval, Delta: h.delta, Envelope: h.envelope,
	})
	if err != nil || len(granted.Rejected) > 0 {
		t.Fatalf("subscribe over %v: %+v, %v", h.transport, granted, err)
	}
	return w
}

// runUntilEnd runs a client until the test ends.
func runUntilEnd(t *testing.T, c *client.Client) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("a client gave up: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

func (w *watcher) noted(b client.Batch, tried int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.account.note(b, tried)
}

func (w *watcher) changed(s client.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch s.Phase {
	case client.Online:
		w.sessions++
	case client.Waiting:
		w.endings = append(w.endings, s.Err)
	case client.Connecting, client.Ended:
	}
}

// ends waits until a watcher has the last round of every symbol.
func (w *watcher) ends(symbols []string, last int64) {
	w.t.Helper()
	await(w.t, fmt.Sprintf("a watcher over %v ends with round %d", w.habit.transport, last), func() bool {
		return w.holds(func(a *account) bool { return a.ends(symbols, last) })
	})
}

// holds reports whether its account is so.
func (w *watcher) holds(so func(*account) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return so(w.account)
}

// expectSound wants an account without faults, and a ledger that balances.
func (w *watcher) expectSound(last int64) {
	w.t.Helper()
	lost := w.source.unknown()
	w.mu.Lock()
	if w.habit.envelope && w.sessions == 1 {
		w.account.expectWhole(last, lost)
	}
	faults := slices.Clone(w.account.faults)
	w.mu.Unlock()
	for _, fault := range faults {
		w.t.Errorf("%v, %+v: %s", w.habit.transport, w.habit, fault)
	}
	if w.habit.transport != client.WebSocket {
		return // only a session has a ledger that can be asked for
	}
	l, err := w.client.Session(w.t.Context())
	if err != nil || l.Produced != l.Delivered+l.Conflated+l.Pending {
		w.t.Errorf("the ledger does not balance: %+v, %v", l, err)
	}
}

// expectUndisturbed wants the first connection to be there still.
func (w *watcher) expectUndisturbed() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sessions != 1 || len(w.endings) > 0 {
		w.t.Errorf("a watcher over %v had %d connections, which ended with %v", w.habit.transport, w.sessions, errors.Join(w.endings...))
	}
}

// connections returns how many were made.
func (w *watcher) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sessions
}

// age returns that of the oldest record when it was read.
func (w *watcher) age() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.account.oldest
}
