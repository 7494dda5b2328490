package raw

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/sync/errgroup"

	"ticker/bench/peers/pace"
	"ticker/bench/peers/peer"
	"ticker/bench/peers/stream"
)

// Server is a bare server.
type Server struct {
	peer.Config
	static   bool
	counter  peer.Counter
	sessions *pace.Groups[*session]
}

// Static returns a server of frames that never change.
func Static(cfg peer.Config) *Server {
	return &Server{Config: cfg, static: true, sessions: pace.NewGroups[*session](cfg.Plan.Phases)}
}

// Conflating returns a server of what has changed.
func Conflating(cfg peer.Config) *Server {
	return &Server{Config: cfg, sessions: pace.NewGroups[*session](cfg.Plan.Phases)}
}

// Counts returns what the server counts.
func (s *Server) Counts() peer.Counts { return s.counter.Counts() }

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	if s.static {
		if err := s.Market.Open(ctx); err != nil {
			return err
		}
	}
	ln, err := s.Listener(ctx)
	if err != nil {
		return err
	}
	defer s.sessions.Clear(s.end)
	work, ctx := errgroup.WithContext(ctx)
	if !s.static {
		work.Go(func() error { return s.Market.Run(ctx, nil) })
	}
	work.Go(func() error {
		s.flush(ctx)
		return nil
	})
	work.Go(func() error { return s.accept(ctx, ln) })
	ready(peer.URL(ln))
	return work.Wait()
}

// accept takes connections until ctx is done, and waits for those that are still
// in their handshake, which end then too.
func (s *Server) accept(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() }) // ends Accept, which is all that matters
	defer stop()
	var greetings sync.WaitGroup
	defer greetings.Wait()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) && ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept client: %w", err)
		}
		greetings.Go(func() { s.greet(ctx, conn) })
	}
}

// greet takes a connection from its first byte to a session in a group. A client
// that does not keep to the protocol is hung up on.
func (s *Server) greet(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }() // the session has a descriptor of its own
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	subscribe, err := shakeHands(conn)
	if err != nil {
		return
	}
	if _, err := conn.Write(stream.AppendText(nil, subscribe.Answer(s.Plan.Interval))); err != nil {
		return
	}
	fd, err := descriptor(conn)
	if err != nil {
		return
	}
	one := &session{fd: fd, view: s.Market.View(subscribe.Symbols)}
	if s.static {
		one.prebuild()
	}
	s.counter.Clients.Add(1)
	s.sessions.Add(one)
}

// flush writes to every client once an interval.
func (s *Server) flush(ctx context.Context) {
	frames := make([]stream.Frame, s.Plan.Workers())
	s.Plan.Run(ctx, func(worker, phase int) {
		s.sessions.Visit(phase, func(one *session) bool {
			alive := one.flush(&frames[worker])
			if !alive {
				s.end(one)
			}
			return alive
		})
	})
}

// end closes a session that was removed from its group.
func (s *Server) end(one *session) {
	s.counter.Clients.Add(-1)
	one.close()
}
