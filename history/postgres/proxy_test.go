package postgres

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ticker/internal/postgrestest"
)

// proxy stands between a store and its server, and loses answers to commits.
type proxy struct {
	listener net.Listener
	server   string
	// lose counts down: so many commits reach the server, and their answers
	// nobody.
	lose  atomic.Int64
	lines sync.WaitGroup
}

// newProxy starts a proxy, which ends with the test.
func newProxy(t *testing.T, s *postgrestest.Server) *proxy {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: s.Addr()}
	p.lines.Go(func() { p.accept(t.Context()) })
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		p.lines.Wait()
	})
	return p
}

// url returns the URL of a database by way of the proxy.
func (p *proxy) url(direct string) string {
	return strings.Replace(direct, p.server, p.listener.Addr().String(), 1)
}

func (p *proxy) accept(ctx context.Context) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		var dialer net.Dialer
		server, err := dialer.DialContext(ctx, "tcp4", p.server)
		if err != nil {
			_ = client.Close() // it sees what it would see without a proxy
			continue
		}
		line := &line{proxy: p, client: client, server: server}
		p.lines.Go(line.forth)
		p.lines.Go(line.back)
	}
}

// line is one connection through the proxy.
type line struct {
	proxy          *proxy
	client, server net.Conn
	lost           atomic.Bool
}

// forth passes on what the client says.
func (l *line) forth() {
	buf := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(buf)
		if bytes.HasSuffix(buf[:n], []byte("commit\x00")) && l.proxy.lose.Add(-1) >= 0 {
			l.lost.Store(true)
		}
		if _, writeErr := l.server.Write(buf[:n]); errors.Join(err, writeErr) != nil {
			l.close()
			return
		}
	}
}

// back passes on what the server answers, and cuts the line in place of the
// answer that is to be lost.
func (l *line) back() {
	buf := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buf)
		if err != nil || l.lost.Load() {
			l.close()
			return
		}
		if _, err := l.client.Write(buf[:n]); err != nil {
			l.close()
			return
		}
	}
}

// close ends both sides; the second who does it is late, and nobody minds.
func (l *line) close() {
	for _, c := range []io.Closer{l.client, l.server} {
		_ = c.Close()
	}
}
