package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// round is one push of a source: a quote and a trade of every symbol.
type round struct {
	at       time.Time // when the answer was there
	accepted bool      // else nobody knows
}

// source pushes rounds at a steady pace, counted from 1. One that finds nobody, or
// gets no answer, goes on with the next: whether it was accepted is not known.
type source struct {
	t       *testing.T
	symbols []string
	every   time.Duration
	web     *http.Client
	relayed bool         // whoever takes rounds passes them on over an engine
	tried   atomic.Int64 // rounds that were begun
	taken   atomic.Int64 // rounds that were accepted

	mu     sync.Mutex
	held   bool // no round is under way while it is true and seen under mu
	rounds []round
	// takers are the addresses that may take rounds: whoever does not is followed by
	// the next.
	takers []string
}

// pour starts a source, which ends with the test. It holds still until it is
// resumed.
func pour(t *testing.T, p *program, symbols []string, every time.Duration) *source {
	t.Helper()
	transport := &http.Transport{}
	s := &source{
		t: t, takers: []string{p.public}, symbols: symbols, every: every, held: true,
		web: &http.Client{Transport: transport, Timeout: patience},
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { s.run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		transport.CloseIdleConnections()
	})
	return s
}

func (s *source) run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.step(ctx)
		}
	}
}

// step pushes a round, unless the source is held.
func (s *source) step(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held {
		return
	}
	k := s.tried.Add(1)
	accepted := s.post(ctx, k)
	s.rounds = append(s.rounds, round{time.Now(), accepted})
	if accepted {
		s.taken.Add(1)
	} else {
		s.takers = append(s.takers[1:], s.takers[0])
	}
}

// post reports whether a round was accepted as a whole. Everything else but
// silence is a fault of the service.
func (s *source) post(ctx context.Context, k int64) bool {
	var body bytes.Buffer
	for _, symbol := range s.symbols {
		fmt.Fprintf(&body, `{"symbol":%q,"bid":%d,"last":%d,"lastSize":1}`+"\n", symbol, k, k)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.takers[0]+"/v1/quotes", &body)
	if err != nil {
		s.t.Error(err)
		return false
	}
	answer, err := s.web.Do(req)
	if err != nil {
		return false
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close() // it was only read
	if err != nil || answer.StatusCode == http.StatusServiceUnavailable {
		return false
	}
	var result struct{ Accepted int }
	if err := json.Unmarshal(text, &result); err != nil || result.Accepted != len(s.symbols) {
		s.t.Errorf("round %d: %d %s", k, answer.StatusCode, text)
		return false
	}
	return true
}

// hold ends the round that is under way, begins no other, and returns the last
// one that was accepted.
func (s *source) hold() (last int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
	for i, r := range slices.Backward(s.rounds) {
		if r.accepted {
			return int64(i + 1)
		}
	}
	return 0
}

func (s *source) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
}

// doubt takes it for unknown whether the rounds since a time were accepted: those who
// accepted them may have kept that to themselves.
func (s *source) doubt(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.rounds {
		s.rounds[i].accepted = s.rounds[i].accepted && s.rounds[i].at.Before(since)
	}
}

// unknown counts the rounds of which nobody knows whether they were accepted.
func (s *source) unknown() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rounds {
		if !r.accepted {
			n++
		}
	}
	return n
}

// all returns what became of the rounds so far.
func (s *source) all() []round {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rounds)
}

// awaitRounds waits until so many more rounds were accepted.
func (s *source) awaitRounds(n int64) {
	s.t.Helper()
	before := s.taken.Load()
	await(s.t, fmt.Sprintf("%d rounds", n), func() bool { return s.taken.Load() >= before+n })
}

// awaitTries waits until so many more rounds were begun.
func (s *source) awaitTries(n int64) {
	s.t.Helper()
	before := s.tried.Load()
	await(s.t, fmt.Sprintf("%d tries", n), func() bool { return s.tried.Load() >= before+n })
}

// rows returns how many updates were accepted.
func (s *source) rows() int { return int(s.taken.Load()) * len(s.symbols) }
