package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"ticker/wire"
)

const (
	// requestGrace is how long plain requests may take to end once the sessions
	// have.
	requestGrace = 2 * time.Second
	// maxCloseGap is the longest time between the ends of two sessions: a few of
	// them need no long window.
	maxCloseGap = 20 * time.Millisecond
)

func endGoingAway() *ending { return endWith(wire.CloseGoingAway) }

// StopAccepting is the first step of a shutdown: readiness turns to 503, the
// listener is closed, and handshakes on connections that are open are answered
// with 503. Sessions and other requests go on.
func (s *Server) StopAccepting() {
	s.clients.stop()
	s.http.SetKeepAlivesEnabled(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close() // it is being given up
	}
}

// listen notes the listener, and closes it if it comes too late.
func (s *Server) listen(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = ln
	if s.clients.stopped() {
		_ = ln.Close() // it is being given up
	}
}

// Drain is the second step: it tells every session that the service is about
// to end, closes them with 1001, spread over Config.DrainWindow, half of the
// time that ctx leaves, or 20 ms for each, whichever is least, and waits for them
// and for the requests that go on. What is left when ctx is done is cut, and the
// error says so.
func (s *Server) Drain(ctx context.Context) error {
	s.clients.stop()
	left := s.clients.all()
	for _, c := range left {
		c.send(&wire.Draining{ReconnectAfter: reconnectAfter(len(left), s.live.Load().handshakes)})
	}
	stop := s.cutAfter(ctx)
	s.closeSpread(ctx, left)
	s.clients.wait()
	s.awaitRequests(ctx)
	if stop() {
		return fmt.Errorf("drain sessions: %w", ctx.Err())
	}
	return nil
}

// reconnectAfter draws when one of the clients that are sent away should come
// back. They are spread so that a server takes their handshakes.
func reconnectAfter(clients, perSecond int) time.Duration {
	const soonest, least = 500 * time.Millisecond, 2 * time.Second
	spread := least + time.Duration(clients)*time.Second/time.Duration(perSecond)
	return (soonest + rand.N(spread)).Truncate(time.Millisecond)
}

// closeSpread closes sessions one after the other, until ctx is done.
func (s *Server) closeSpread(ctx context.Context, left []session) {
	window := min(s.cfg.DrainWindow, maxCloseGap*time.Duration(len(left)))
	if deadline, ok := ctx.Deadline(); ok {
		window = min(window, time.Until(deadline)/2)
	}
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, c := range left {
		due := start.Add(window * time.Duration(i+1) / time.Duration(len(left)))
		timer.Reset(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		c.end(endGoingAway())
	}
}

// awaitRequests waits for the requests that go on, and cuts those that take long.
func (s *Server) awaitRequests(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, requestGrace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // the listener's error: it is closed
	}
}
