package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ticker/server"
	"ticker/wire"
)

// overTLS runs a service behind TLS until the test ends.
func overTLS(t testing.TB, changes ...change) *rig {
	t.Helper()
	lender := httptest.NewUnstartedServer(nil) // of a certificate
	lender.StartTLS()
	lender.Close()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, tls.NewListener(ln, &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12}), changes...)
	r.addr = ln.Addr().String()
	roots := x509.NewCertPool()
	roots.AddCert(lender.Certificate())
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}}
	r.dial = func() (net.Conn, error) {
		return dialer.DialContext(context.WithoutCancel(t.Context()), "tcp", r.addr)
	}
	return r
}

func TestSessionsWorkOverTLS(t *testing.T) {
	t.Parallel()
	r := overTLS(t)
	c, got := r.shake("Origin", "https://"+r.addr)
	if got.status != http.StatusSwitchingProtocols || asWelcome(c.next()) == nil {
		t.Fatal(got)
	}
	c.subscribe(20*ms, "A")
	for i := range 20 {
		r.quote("A", int64(i+1))
		for c.quotes().Records[0].Seq != uint64(i+1) {
		}
	}
	c.send(strings.Repeat("x", 70_000))
	if got := c.closed(); got.code != wire.CloseTooLarge {
		t.Errorf("closed with %+v", got)
	}
	if _, got := r.shake("Origin", "http://"+r.addr); got.status != http.StatusForbidden {
		t.Errorf("a page without TLS: %+v", got)
	}
}

func TestStalledClientIsClosedOverTLS(t *testing.T) {
	t.Parallel()
	r := overTLS(t, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Stall = time.Second })
	c := r.connect(wire.JSON)
	stop := r.flood(500)
	defer stop()
	c.subscribe(20*ms, "SYM*")
	eventually(t, "the client is closed", func() bool {
		return r.metric(`ticker_session_closes_total{code="4008"}`) == "1"
	})
}
