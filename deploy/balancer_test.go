package deploy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ticker/internal/proxytest"
)

// balancer is a proxy that runs on the file that is shipped, in front of some nodes.
type balancer struct {
	*proxytest.Proxy
	program proxytest.Program
	roots   *x509.CertPool
}

// overEach runs a test with each of the proxies.
func overEach(t *testing.T, test func(t *testing.T, program proxytest.Program)) {
	t.Helper()
	for _, program := range []proxytest.Program{proxytest.NGINX, proxytest.HAProxy} {
		t.Run(string(program), func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// upstream is where a balancer finds a service: its public and its admin listener.
type upstream struct{ public, admin string }

func upstreams(nodes []*node) []upstream {
	var found []upstream
	for _, n := range nodes {
		found = append(found, upstream{n.Addr(), n.admin})
	}
	return found
}

// balance starts a proxy in front of services. Texts of its file besides addresses
// and paths are replaced as a test wants it.
func balance(t *testing.T, program proxytest.Program, services []upstream, replace map[string]string) *balancer {
	t.Helper()
	b := &balancer{program: program, roots: x509.NewCertPool()}
	o := b.options(t, services)
	maps.Copy(o.Replace, replace)
	b.Proxy = proxytest.Start(t, o)
	return b
}

// options replace the addresses, the ports and the paths of the shipped file.
func (b *balancer) options(t *testing.T, services []upstream) proxytest.Options {
	t.Helper()
	if b.program == proxytest.NGINX {
		o := proxytest.Options{Program: b.program, Config: shipped(t, "nginx.conf"), Ports: 2, Files: b.certify(t)}
		o.Replace = map[string]string{
			"listen 80;": "listen 127.0.0.1:{port1};", "listen [::]:80;": "",
			"listen 443 ssl": "listen 127.0.0.1:{port0} ssl", "listen [::]:443 ssl http2 so_keepalive=on sndbuf=128k;": "",
			"/etc/ticker/": "{dir}/", "/var/log/nginx/": "{dir}/", "/run/nginx.pid": "{dir}/nginx.pid",
		}
		for i, s := range services {
			o.Replace[fmt.Sprintf("10.0.0.1%d:8080", i+1)] = s.public
		}
		return o
	}
	o := proxytest.Options{Program: b.program, Config: shipped(t, "haproxy.cfg"), Ports: 3, Files: b.certify(t)}
	o.Replace = map[string]string{
		"bind :::80 v4v6": "bind 127.0.0.1:{port1}", "bind :::443 v4v6": "bind 127.0.0.1:{port0}", "bind :8404": "bind 127.0.0.1:{port2}",
		"/etc/ticker/": "{dir}/", "user haproxy": "", "group haproxy": "", "maxconn 20000": "maxconn 2000",
		// The nodes of a test share an address, so each has a port of its own for its check.
		"check port 9090": "check",
	}
	for i, s := range services {
		_, port, err := net.SplitHostPort(s.admin)
		must(t, err)
		o.Replace[fmt.Sprintf("10.0.0.1%d:8080", i+1)] = s.public + " port " + port
	}
	return o
}

// certify makes a certificate of this machine, trusts it, and returns the files.
func (b *balancer) certify(t *testing.T) map[string]string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(t, err)
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	chain := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}))
	b.roots.AppendCertsFromPEM([]byte(chain))
	return map[string]string{"tls.crt": chain, "tls.key": key, "tls.pem": chain + key}
}

func (b *balancer) url() string { return "https://" + b.Addr() }

func (b *balancer) trust() *tls.Config {
	return &tls.Config{RootCAs: b.roots, MinVersion: tls.VersionTLS12}
}

// client returns a client for single requests that trusts the balancer. Over HTTP/2 it
// keeps its connection until the test ends.
func (b *balancer) client(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: b.trust(), ForceAttemptHTTP2: http2, DisableKeepAlives: !http2}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// from returns a dialer of an address of its own: a balancer bounds what one may have.
func from(n int) func(context.Context, string, string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(n))}}
	return dialer.DialContext
}

// session is a raw WebSocket through a balancer.
type session struct {
	*websocket.Conn
	epoch string
	bids  map[string]int // the newest of each symbol
}

// open opens a session and reads its welcome.
func (b *balancer) open(ctx context.Context, headers http.Header, dial func(context.Context, string, string) (net.Conn, error)) (*session, error) {
	dialer := &websocket.Dialer{TLSClientConfig: b.trust(), NetDialContext: dial, Subprotocols: []string{"ticker.v1.json"}}
	conn, resp, err := dialer.DialContext(ctx, "wss://"+b.Addr()+"/v1/ws", headers)
	if resp != nil {
		_ = resp.Body.Close() // gorilla has read it
	}
	if err != nil && resp != nil {
		return nil, fmt.Errorf("open session: %d: %w", resp.StatusCode, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	s := &session{Conn: conn, bids: make(map[string]int)}
	m, err := s.next()
	if err == nil && m.Event != "welcome" {
		err = fmt.Errorf("open session: it begins with %+v", m)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s.epoch = m.Epoch
	return s, nil
}

// message is what a session says, as far as the tests care.
type message struct {
	Type, Event, Channel, Epoch, Cursor, Code string
	Quotes                                    []quote
}

// quote is a record, as far as the tests care.
type quote struct {
	Symbol string
	Bid    int
}

// next reads a message. Only failures wait for long.
func (s *session) next() (message, error) {
	var m message
	if err := s.SetReadDeadline(time.Now().Add(90 * time.Second)); err != nil {
		return m, err
	}
	err := s.ReadJSON(&m)
	return m, err
}

// mustOpen opens a session that ends with the test.
func (b *balancer) mustOpen(t *testing.T) *session {
	t.Helper()
	s, err := b.open(t.Context(), nil, nil)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// subscribe asks for symbols since a cursor, which may be empty.
func (s *session) subscribe(t *testing.T, cursor string, symbols ...string) {
	t.Helper()
	must(t, s.WriteJSON(map[string]any{
		"type": "command", "id": "1", "action": "subscribe", "symbols": symbols, "since": cursor, "interval": "20ms",
	}))
	m, err := s.next()
	must(t, err)
	if m.Type != "response" {
		t.Fatalf("subscribe is answered %+v", m)
	}
}

// until reads until the bids of all symbols are those that are wanted, and returns the
// cursor. No other symbol may come.
func (s *session) until(t *testing.T, bids map[string]int) string {
	t.Helper()
	for {
		m, err := s.next()
		must(t, err)
		for _, q := range m.Quotes {
			if _, wanted := bids[q.Symbol]; !wanted {
				t.Fatalf("%+v comes, and %v is wanted", q, bids)
			}
			s.bids[q.Symbol] = q.Bid
		}
		if maps.Equal(s.bids, bids) {
			return m.Cursor
		}
	}
}

// bids writes quotes with these bids, one a line.
func bids(of map[string]int) string {
	var lines strings.Builder
	for symbol, bid := range of {
		fmt.Fprintf(&lines, "{\"symbol\":%q,\"bid\":%d}\n", symbol, bid)
	}
	return lines.String()
}
