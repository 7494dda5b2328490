package enginetest

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/relay"
)

const (
	// patience bounds every wait. Only failures wait it out.
	patience = time.Minute
	// pollEvery is how often a condition is looked at.
	pollEvery = 5 * time.Millisecond
)

// node is an engine that runs until the test ends.
type node struct {
	Engine
	registry *prometheus.Registry
}

// join makes a node and waits until it is connected.
func (k Kit) join(t *testing.T, addr string) *node {
	t.Helper()
	registry := prometheus.NewRegistry()
	engine, err := k.New(addr, registry)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := engine.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	n := &node{engine, registry}
	await(t, "a connection", n.Connected)
	return n
}

// ear is what a node has received.
type ear struct {
	mu    sync.Mutex
	heard []string
	block chan struct{} // not nil: no message is taken until it is closed
}

// listen makes a node receive until the test ends, and waits until it does.
func (n *node) listen(t *testing.T, block chan struct{}) *ear {
	t.Helper()
	e := &ear{block: block}
	ctx, cancel := context.WithCancel(context.Background())
	var receiving sync.WaitGroup
	receiving.Go(func() {
		if err := n.Receive(ctx, e.take); err != nil {
			t.Errorf("receive: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		receiving.Wait()
	})
	await(t, "a receiver", func() bool { return n.Follow(t.Context(), marker) == nil })
	return e
}

// marker is a partition that every ear follows.
const marker = 255

func (e *ear) take(m relay.Message) {
	if e.block != nil {
		<-e.block
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, text(m))
}

// text shows a message, or how long it is.
func text(m relay.Message) string {
	body := string(m.Body)
	if len(body) > 100 {
		body = strconv.Itoa(len(body)) + " bytes"
	}
	return strconv.Itoa(m.Channel) + " " + body
}

// all returns what was heard.
func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.heard...)
}

// until waits for a message and returns what was heard up to it.
func (e *ear) until(t *testing.T, last relay.Message) []string {
	t.Helper()
	want := text(last)
	var before []string
	await(t, want, func() bool {
		for i, heard := range e.all() {
			if heard == want {
				before = e.all()[:i]
				return true
			}
		}
		return false
	})
	return before
}

// message makes a message.
func message(channel int, body string) relay.Message {
	return relay.Message{Channel: channel, Body: []byte(body)}
}

// send sends messages, and the test fails if that does.
func (n *node) send(t *testing.T, messages ...relay.Message) {
	t.Helper()
	must(t, n.Send(deadline(t), messages))
}

// deadline returns a context that ends long before the test binary is.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
