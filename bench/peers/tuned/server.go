package tuned

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"ticker/bench/peers/dialect"
	"ticker/bench/peers/pace"
	"ticker/bench/peers/peer"
	"ticker/bench/peers/stream"
	"ticker/wire"
)

const (
	// writeWait is how long a write may take, and hold up the others.
	writeWait = 100 * time.Millisecond
	// readBufferBytes is what every idle connection keeps.
	readBufferBytes = 512
)

// Server is a conflating server on gorilla/websocket.
type Server struct {
	peer.Config
	upgrader websocket.Upgrader
	counter  peer.Counter
	sessions *pace.Groups[*session]
	readers  peer.Crew
}

// session is one client.
type session struct {
	conn *websocket.Conn
	view stream.View
}

// New returns a server.
func New(cfg peer.Config) *Server {
	return &Server{
		Config: cfg,
		upgrader: websocket.Upgrader{
			ReadBufferSize:  readBufferBytes,
			WriteBufferPool: &sync.Pool{},
			Subprotocols:    []string{wire.SubprotocolJSON},
		},
		sessions: pace.NewGroups[*session](cfg.Plan.Phases),
	}
}

// Counts returns what the server counts.
func (s *Server) Counts() peer.Counts { return s.counter.Counts() }

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	ln, err := s.Listener(ctx)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.Market.Run(ctx, nil) })
	work.Go(func() error {
		s.flush(ctx)
		return nil
	})
	work.Go(func() error { return peer.ServeHTTP(ctx, ln, s.handler(ctx)) })
	ready(peer.URL(ln))
	err = work.Wait()
	s.readers.Wait()
	return err
}

func (s *Server) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(peer.Path, func(w http.ResponseWriter, r *http.Request) {
		conn, err := s.upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		if !s.readers.Go(func() { s.serve(ctx, conn) }) {
			_ = conn.Close() // the server is ending
		}
	})
	return mux
}

// serve reads a connection to its end. What comes after the subscribe is not
// looked at, but pings are answered and a close is seen.
func (s *Server) serve(ctx context.Context, conn *websocket.Conn) {
	defer func() { _ = conn.Close() }() // it has ended
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	s.counter.Clients.Add(1)
	defer s.counter.Clients.Add(-1)

	conn.SetReadLimit(dialect.MaxMessageBytes)
	_, message, err := conn.ReadMessage()
	if err != nil {
		return
	}
	subscribe, err := dialect.Parse(message)
	if err != nil || conn.WriteMessage(websocket.TextMessage, subscribe.Answer(s.Plan.Interval)) != nil {
		return
	}
	one := &session{conn: conn, view: s.Market.View(subscribe.Symbols)}
	phase := s.sessions.Add(one)
	defer s.sessions.Remove(phase, one)
	for err == nil {
		_, _, err = conn.NextReader()
	}
}

// flush writes to every client once an interval.
func (s *Server) flush(ctx context.Context) {
	frames := make([]stream.Frame, s.Plan.Workers())
	s.Plan.Run(ctx, func(worker, phase int) {
		s.sessions.Visit(phase, func(one *session) bool {
			err := one.flush(&frames[worker])
			if err != nil {
				s.fail(one, err)
			}
			return err == nil
		})
	})
}

// flush writes what has changed.
func (one *session) flush(f *stream.Frame) error {
	if !f.Gather(&one.view) {
		return nil
	}
	socket := one.conn.NetConn()
	if err := socket.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if _, err := socket.Write(f.Bytes()); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	one.view.Commit(f)
	return nil
}

// fail ends a session that could not be written to.
func (s *Server) fail(one *session, err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.counter.Dropped.Add(1)
	}
	_ = one.conn.Close() // ends the reader
}
