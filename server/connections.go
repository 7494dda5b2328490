package server

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// leastConnections is how many connections any address may have beside its sessions: a
// browser opens six at a time.
const leastConnections = 16

// connections counts those that the HTTP server has: that are no session yet, or never
// will be, and may not even have begun a request or a TLS handshake.
type connections struct {
	proxies  proxies
	group    sync.WaitGroup
	refusals rate.Sometimes // lines in the log

	mu        sync.Mutex
	open      int
	addresses map[netip.Prefix]int
}

// count follows a connection. Its goroutine is nobody's to wait for but ours.
func (c *connections) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.group.Add(1)
		c.add(conn, 1)
	case http.StateHijacked, http.StateClosed:
		c.add(conn, -1)
		c.group.Done()
	case http.StateActive, http.StateIdle:
	}
}

func (c *connections) add(conn net.Conn, n int) {
	account := c.proxies.accountOfPeer(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += n
	if account.IsValid() {
		c.addresses[account] += n
		if c.addresses[account] == 0 {
			delete(c.addresses, account)
		}
	}
}

// check returns why there is no room for a connection beside sessions, nil if there is.
func (c *connections) check(conn net.Conn, limits *live, sessions int) *turnedAway {
	account := c.proxies.accountOfPeer(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open >= limits.room(sessions):
		return errConnections
	case account.IsValid() && c.addresses[account] >= max(limits.perAddress, leastConnections):
		return errAddress
	}
	return nil
}

// gate is a listener that closes connections for which there is no room. They are told
// nothing: to wait until they would listen is what makes them expensive.
type gate struct {
	net.Listener
	srv *Server
}

// Accept implements net.Listener.
func (g gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := g.srv
		// Polls stay with the HTTP server and must not count twice.
		sessions := s.clients.count() - int(s.polls.Load())
		limits := s.live.Load()
		why := s.connections.check(conn, limits, sessions)
		if why == nil {
			return conn, nil
		}
		s.metrics.turnedAway(why)
		s.connections.refusals.Do(func() {
			s.log.Warn("connections are closed at once: there are too many", "remote", conn.RemoteAddr().String(),
				"of", why.reason, "sessions", sessions, "limit", limits.connections)
		})
		_ = bottom(conn).Close() // one that fails to close is closed
	}
}

// httpLog is where the HTTP server complains of connections, as of each that broke off
// its TLS handshake. Whoever makes many of them must not fill the log.
type httpLog struct {
	log   *slog.Logger
	lines rate.Sometimes
}

// Write implements io.Writer.
func (l *httpLog) Write(line []byte) (int, error) {
	l.lines.Do(func() { l.log.Warn("trouble with a connection", "error", string(bytes.TrimSpace(line))) })
	return len(line), nil
}
