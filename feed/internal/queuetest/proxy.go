package queuetest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands between a source and its server.
type Proxy struct {
	// URL is what to connect to in place of the server.
	URL string

	t        *testing.T
	listener net.Listener
	server   string
	pass     func(said []byte) bool
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// NewProxy starts a proxy to a server. It asks pass whether to hand on what a source
// said; nil hands on everything. With a certificate it speaks TLS.
func NewProxy(t *testing.T, server string, pass func(said []byte) bool, certificates ...tls.Certificate) *Proxy {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{t: t, listener: listener, server: u.Host, pass: pass}
	if len(certificates) > 0 {
		p.listener = tls.NewListener(listener, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
		u.Scheme += "s"
	}
	u.Host = listener.Addr().String()
	p.URL = u.String()
	p.running.Go(p.accept)
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		p.Cut()
		p.running.Wait()
	})
	return p
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(p.t.Context(), "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.running.Go(func() { p.carry(client, server) })
		p.running.Go(func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		})
	}
}

// carry hands on what a source says until it ends.
func (p *Proxy) carry(client io.Reader, server io.Writer) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := client.Read(buffer)
		if n > 0 && (p.pass == nil || p.pass(buffer[:n])) {
			_, failed := server.Write(buffer[:n])
			err = errors.Join(err, failed)
		}
		if err != nil {
			return
		}
	}
}

// Cut ends every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}
