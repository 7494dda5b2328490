package rabbitmq_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a source and the server. It can keep from the server what the
// source says, and cut every connection.
type proxy struct {
	t        *testing.T
	listener net.Listener
	upstream string
	deaf     atomic.Bool  // the server hears nothing
	said     atomic.Int64 // bytes that the source said, heard or not
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// newProxy starts a proxy and returns the address to connect to in place of one.
// With a certificate it speaks TLS.
func newProxy(t *testing.T, address string, certificates ...tls.Certificate) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, listener: listener, upstream: u.Host}
	if len(certificates) > 0 {
		p.listener = tls.NewListener(listener, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
		u.Scheme += "s"
	}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		p.cut()
		p.running.Wait()
	})
	u.Host = listener.Addr().String()
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		var dialer net.Dialer
		server, err := dialer.DialContext(p.t.Context(), "tcp", p.upstream)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.running.Go(func() { p.pass(client, func(b []byte) error { _, err := server.Write(b); return err }) })
		p.running.Go(func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		})
	}
}

// pass reads what the source says until it ends.
func (p *proxy) pass(client io.Reader, to func([]byte) error) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := client.Read(buffer)
		p.said.Add(int64(n))
		if !p.deaf.Load() {
			err = errors.Join(err, to(buffer[:n]))
		}
		if err != nil {
			return
		}
	}
}

// cut ends every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}
