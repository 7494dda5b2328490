package server

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"ticker/fanout"
)

// socket carries the bytes of a session to its client.
type socket interface {
	fanout.Conn
	// Alive reports signs of life on the writing side: somebody judges a write
	// that waits, or the client's machine acknowledged bytes since Alive was
	// called last.
	Alive() bool
	// LastWords writes a frame if it can, although a write has failed, and
	// reports whether it could. The session is closed, and its writer has ended.
	LastWords(frame []byte) bool
}

// bottom returns the connection that carries a connection. To close it waits
// for nothing; TLS would say goodbye first.
func bottom(conn net.Conn) net.Conn {
	if c, ok := conn.(*tls.Conn); ok {
		return c.NetConn()
	}
	return conn
}

// newSocket returns the best socket for a connection. A client that takes
// nothing for the limit makes its writes fail with fanout.ErrStalled.
func newSocket(conn net.Conn, limit time.Duration) (socket, error) {
	switch c := conn.(type) {
	case *net.TCPConn:
		if err := tune(c, limit); err != nil {
			return nil, err
		}
		return newTCPSocket(c, limit)
	case *tls.Conn:
		if under, ok := bottom(c).(*net.TCPConn); ok {
			if err := tune(under, limit); err != nil {
				return nil, err
			}
		}
		return &plainSocket{conn: conn, limit: limit, final: true}, nil
	}
	return &plainSocket{conn: conn, limit: limit}, nil
}

// plainSocket writes to a connection that cannot be asked what it would take.
// It never takes anything without waiting, so that a goroutine of the session
// makes every write.
type plainSocket struct {
	conn    net.Conn
	limit   time.Duration
	final   bool // a write that timed out is the connection's last, as under TLS
	waiting atomic.Bool
	broken  bool
}

// plainWrite is how much is written at a time: under TLS, what a client must
// take within the limit to be alive.
const plainWrite = 4 << 10

// TryWrite implements fanout.Conn.
func (*plainSocket) TryWrite([]byte) (int, error) { return 0, nil }

// Wait implements fanout.Conn. Only a write finds out whether one can be made.
func (*plainSocket) Wait() error { return nil }

// Write implements fanout.Conn.
func (s *plainSocket) Write(p []byte) error {
	s.waiting.Store(true)
	defer s.waiting.Store(false)
	judge := newStall(s.limit, time.Now(), len(p))
	pause := judge.pause()
	if s.final {
		pause = s.limit
	}
	for len(p) > 0 {
		if err := s.conn.SetWriteDeadline(time.Now().Add(pause)); err != nil {
			return err
		}
		n, err := s.conn.Write(p[:min(len(p), plainWrite)])
		p = p[n:]
		stalled := judge.judge(time.Now(), len(p))
		switch {
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			s.broken = true
			return err
		case stalled:
			s.broken = true
			return fanout.ErrStalled
		}
	}
	return nil
}

// Alive implements socket.
func (s *plainSocket) Alive() bool { return s.waiting.Load() }

// LastWords implements socket.
func (s *plainSocket) LastWords(frame []byte) bool { return !s.broken && s.Write(frame) == nil }

// stall judges a write that waits: it is stalled once the client has
// acknowledged nothing for the limit.
type stall struct {
	limit  time.Duration
	queued int // bytes that are not acknowledged
	since  time.Time
}

func newStall(limit time.Duration, now time.Time, queued int) stall {
	return stall{limit: limit, queued: queued, since: now}
}

// judge takes how many bytes are not acknowledged now. Nothing is written while
// a write waits, so fewer of them are a sign of life.
func (s *stall) judge(now time.Time, queued int) bool {
	if queued < s.queued {
		s.queued, s.since = queued, now
	}
	return now.Sub(s.since) >= s.limit
}

// pause returns how often to look: often enough to be near the limit, seldom
// enough to cost nothing.
func (s *stall) pause() time.Duration { return max(s.limit/8, 100*time.Millisecond) }
