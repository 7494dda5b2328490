package server

import (
	"net"
	"os"
	"sync"
	"time"
)

// line is a client's connection behind the handshake. Bytes to the client go
// through its socket alone.
type line struct {
	net.Conn
	sock socket
	// silence is for how long the client may give no sign of life.
	silence time.Duration

	mu    sync.Mutex
	ended bool
}

// renew gives the next Read time anew, unless the session has ended. A Read that
// only looks gets no time: it takes what the connection, as TLS does, has read
// already, and leaves no timer behind.
func (l *line) renew(look bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return os.ErrDeadlineExceeded
	case look:
		return l.SetReadDeadline(time.Unix(1, 0))
	}
	return l.SetReadDeadline(time.Now().Add(l.silence))
}

// interrupt ends the Read that goes on, and every later one. It does not wait.
func (l *line) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	_ = l.SetReadDeadline(time.Now()) // a connection that is closed has no Read going on
}

// discard reads on until the client has ended its half of the connection, or
// the deadline has passed.
func (l *line) discard(until time.Time) {
	if err := l.SetReadDeadline(until); err != nil {
		return
	}
	var waste [512]byte
	for {
		if _, err := l.Read(waste[:]); err != nil {
			return
		}
	}
}
