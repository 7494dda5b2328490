package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/fanout"
	"ticker/throttle"
	"ticker/wire"
)

const (
	// echoMessage is the longest message that is echoed, that of common suites.
	echoMessage  = 16 << 20
	echoSessions = 64
	// echoHeartbeat is longer than a suite's cases take, which count every frame.
	echoHeartbeat = time.Hour
	// echoRate, of control frames a second, is above what a suite sends.
	echoRate = 1_000_000
)

// ServeEcho sends every client back what it sends, text as text and binary as
// binary, so that the suites of others can judge how this package speaks
// WebSocket: it takes the handshakes, reads the frames, answers control frames and
// closes as it does for sessions of the service. Every path of the listener is such
// a session; messages have at most 16 MiB.
//
// It closes the listener, and returns once everything has ended after ctx is done.
func ServeEcho(ctx context.Context, ln net.Listener, log *slog.Logger) error {
	s, hub, err := newEchoServer(log)
	if err != nil {
		return errors.Join(fmt.Errorf("make echo server: %w", err), ln.Close())
	}
	hubCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var hubs sync.WaitGroup
	var hubErr error
	hubs.Go(func() { hubErr = hub.Run(hubCtx) })
	err = s.Serve(ctx, ln)
	stop()
	hubs.Wait()
	return errors.Join(err, hubErr)
}

// newEchoServer makes a server whose only sessions are echoes, over a book that
// stays empty.
func newEchoServer(log *slog.Logger) (*Server, *fanout.Hub, error) {
	cfg := Config{
		Book:      book.New(book.Config{Encode: fanout.Encode}),
		Intervals: throttle.Intervals{Default: time.Second, Min: time.Second, Max: time.Second},
		Heartbeat: echoHeartbeat,
		Limits: Limits{
			Sessions: echoSessions, MessageBytes: echoMessage, CommandsPerSecond: echoRate, CommandBurst: echoRate,
		},
		Logger:   log,
		Registry: prometheus.NewRegistry(),
	}
	hub, err := fanout.New(fanout.Config{
		Book: cfg.Book, Intervals: cfg.Intervals, Heartbeat: cfg.Heartbeat, MaxSymbols: 1,
		Logger: log, Registerer: cfg.Registry,
	})
	if err != nil {
		return nil, nil, err
	}
	cfg.Hub = hub
	s, err := New(cfg)
	if err != nil {
		return nil, nil, err
	}
	s.http.Handler = http.HandlerFunc(s.openEcho)
	return s, hub, nil
}

// openEcho opens a session that echoes.
func (s *Server) openEcho(w http.ResponseWriter, r *http.Request) {
	place, p := s.seatNewcomer(w, r)
	if p != nil {
		s.metrics.refuse(w, p)
		return
	}
	defer place.leave()
	c, err := s.shakeHands(place.number, nil, w, r)
	if err != nil {
		s.log.Debug("handshake failed", "remote", r.RemoteAddr, "error", err)
		return // it was answered, or cannot be
	}
	s.clients.start(place, echo{c})
}

// echo is a client that gets back what it sends. One goroutine attends to it for as
// long as it lives.
type echo struct{ *client }

func (e echo) run() {
	e.end(endingOf(e.read()))
	e.hangUp()
	e.srv.clients.remove(e.number)
}

// read echoes messages until the session has to end, and returns why.
func (e echo) read() (err error) {
	defer e.srv.survive(e.id, &err)
	r, err := e.srv.takeReader()
	if err != nil {
		return err
	}
	r.serve(&e.line, wire.JSON, e.takeControl)
	r.anyKind = true
	for e.flow.WaitRoom() {
		if err := e.readOne(r); err != nil {
			return err
		}
	}
	return nil // whoever closed the session has said why
}

// readOne echoes one message. gorilla's kinds of messages are the opcodes of frames.
func (e echo) readOne(r *reader) error {
	message, err := r.next()
	if err != nil {
		return err
	}
	data := e.srv.takeBuffer()
	defer e.srv.giveBack(data)
	if err := r.collect(message, data); err != nil {
		return err
	}
	kind := framing(r.kind)
	frame := kind.Open(make([]byte, 0, longHeader+data.Len()))
	e.flow.SendFramed(kind.Seal(append(frame, data.Bytes()...), 0))
	return nil
}
