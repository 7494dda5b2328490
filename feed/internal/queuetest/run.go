package queuetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/feed"
	"ticker/market"
)

// Running is one Run of a Source.
type Running struct {
	end     context.CancelFunc
	running sync.WaitGroup
	done    chan struct{}
	err     error
}

// Run runs a source until it ends, or the test does. What a feed does with a panic,
// it does too.
func Run(t *testing.T, s feed.Source, to feed.Sink) *Running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &Running{end: cancel, done: make(chan struct{})}
	r.running.Go(func() {
		defer close(r.done)
		defer func() {
			if v := recover(); v != nil {
				r.err = fmt.Errorf("panic: %v", v)
			}
		}()
		r.err = s.Run(ctx, to)
	})
	t.Cleanup(func() {
		cancel()
		r.running.Wait()
	})
	return r
}

// Stop ends the Run and waits for it.
func (r *Running) Stop(t *testing.T) {
	t.Helper()
	r.StopWithin(t, patience)
}

// StopWithin ends the Run and waits for it, but not for long.
func (r *Running) StopWithin(t *testing.T, most time.Duration) {
	t.Helper()
	r.end()
	if err := r.wait(t, most); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want the end of its context", err)
	}
}

// AwaitError waits until the Run has ended by itself, with an error that has all
// these parts and no password.
func (r *Running) AwaitError(t *testing.T, parts ...string) {
	t.Helper()
	err := r.wait(t, patience)
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Run: %v, want %q in it", err, part)
		}
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error shows a password: %v", err)
	}
}

func (r *Running) wait(t *testing.T, most time.Duration) error {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(most):
		t.Fatal("Run goes on")
	}
	return r.err
}

// Touchy is the parser of an exchange that panics on the message "bad", and passes
// over "beat". Any other message is the symbol of a trade.
type Touchy struct{}

// Parse implements feed.Parser.
func (Touchy) Parse(message []byte, emit func(*market.Update)) error {
	switch string(message) {
	case "bad":
		panic("bad message")
	case "beat":
		return feed.ErrSkipped
	}
	u := market.Update{Symbol: market.Symbol(message), Trade: true}
	u.Put(market.Last, market.Decimal{})
	emit(&u)
	return nil
}
