package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/acme"

	"ticker/server"
)

// acmeRig is a listener whose certificate an authority issues.
type acmeRig struct {
	t         *testing.T
	authority *authority
	config    server.ACMEConfig
	listener  net.Listener
	log       logText
	registry  *prometheus.Registry
}

func newACMERig(t *testing.T) *acmeRig {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &acmeRig{t: t, authority: newAuthority(t, ln.Addr().String()), listener: ln}
	r.config = server.ACMEConfig{
		Domains: []string{"a.example.com", "b.example.com"}, Cache: t.TempDir(), Email: "ops@example.com",
		Directory: r.authority.url("/directory"), Transport: r.authority.http.Client().Transport,
	}
	return r
}

// open makes the certificate, as a start of the service does.
func (r *acmeRig) open() *server.ACME {
	r.t.Helper()
	r.registry = prometheus.NewRegistry()
	r.config.Logger, r.config.Registerer = slog.New(slog.NewTextHandler(&r.log, nil)), r.registry
	a, err := server.OpenACME(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// serve has the service listen with the certificate, and asks for one, until the test
// ends.
func (r *acmeRig) serve() *server.ACME {
	r.t.Helper()
	a := r.open()
	newRig(r.t, tls.NewListener(r.listener, a.TLS()))
	r.run(a)
	return a
}

// run runs a certificate until stop is called, and at the end of the test.
func (r *acmeRig) run(a *server.ACME) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := a.Run(ctx); err != nil {
			r.t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	r.t.Cleanup(stop)
	return stop
}

// visit is a client of the listener that trusts the authority and asks for a name. It
// returns the certificate that it is shown.
func (r *acmeRig) visit(name string, protocols ...string) (*x509.Certificate, error) {
	roots := x509.NewCertPool()
	roots.AddCert(r.authority.root)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: name, NextProtos: protocols, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(context.WithoutCancel(r.t.Context()), "tcp", r.listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], conn.Close()
}

// await waits for so many certificates to be issued, and for the newest to be in use.
func (r *acmeRig) await(a *server.ACME, issued int) {
	r.t.Helper()
	eventually(r.t, "a certificate is issued", func() bool {
		_, got := r.authority.counts()
		return got == issued && r.changes("ok") == float64(issued)
	})
	if a.Expires().IsZero() {
		r.t.Error("issued, and it expires never")
	}
}

// changes returns how many changes of the certificate ended so.
func (r *acmeRig) changes(result string) float64 {
	r.t.Helper()
	return (&pair{t: r.t, registry: r.registry}).reloads(result)
}

func TestACertificateIsIssuedToTheListenerThatProvesItsNames(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	a := r.serve()
	r.await(a, 1)
	for _, name := range r.config.Domains {
		if shown, err := r.visit(name, "h2", "http/1.1"); err != nil || !slices.Equal(shown.DNSNames, r.config.Domains) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.authority.set(func() {
		if !slices.Equal(r.authority.contact, []string{"mailto:ops@example.com"}) {
			t.Errorf("the account has the contact %q", r.authority.contact)
		}
	})
	var files []string
	err := filepath.WalkDir(r.config.Cache, func(path string, entry fs.DirEntry, err error) error {
		if info, statErr := entry.Info(); statErr == nil && path != r.config.Cache && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s", path)
		}
		if err == nil && entry.Type().IsRegular() {
			files = append(files, entry.Name())
		}
		return err
	})
	if err != nil || !slices.Equal(files, []string{"account.pem", "certificate.pem"}) {
		t.Errorf("kept are %q, %v", files, err)
	}
}

func TestAnIssuedCertificateServesAfterARestartWithoutTheAuthority(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	first := r.open()
	newRig(t, tls.NewListener(r.listener, first.TLS()))
	stop := r.run(first)
	r.await(first, 1)
	stop()

	r.config.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		t.Errorf("the authority is asked for %s", req.URL)
		return nil, errors.New("nothing is needed")
	})
	synctest.Test(t, func(t *testing.T) {
		again := r.open()
		stop := r.run(again)
		synctest.Wait()
		shown, err := again.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: "A.example.com"})
		if err != nil || shown == nil || !again.Expires().Equal(first.Expires()) {
			t.Errorf("after the restart: %v, %v", shown, err)
		}
		stop()
	})
}

func TestACertificateNearItsEndIsReplacedWithoutARestart(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	r.authority.age = 70 * 24 * time.Hour
	a := r.serve()
	r.await(a, 1)
	old := a.Expires()
	r.authority.set(func() { r.authority.age = 0 })
	a.Reload()
	r.await(a, 2)
	if shown, err := r.visit("b.example.com"); err != nil || !shown.NotAfter.After(old) {
		t.Errorf("the old one is shown: %v", err)
	}
}

func TestOnlyTheNamesOfTheCertificateAreServedAndNobodyElseHasOneIssued(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	a := r.serve()
	r.await(a, 1)
	asked, _ := r.authority.counts()
	for name, protocols := range map[string][]string{
		"c.example.com":   nil,
		"example.com":     {"http/1.1"},
		"x.a.example.com": nil,
		"127.0.0.1":       nil, // which is sent as no name at all
		"a.example.com":   {acme.ALPNProto},
		"z.example.com":   {acme.ALPNProto},
		"..%2faccount":    {acme.ALPNProto},
	} {
		if _, err := r.visit(name, protocols...); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("%s %v: %v", name, protocols, err)
		}
	}
	if requests, _ := r.authority.counts(); requests != asked {
		t.Errorf("strangers had %d requests made", requests-asked)
	}
	old := &tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, ServerName: "a.example.com", //nolint:gosec // the version is what is tested
		MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11,
	}}
	if conn, err := old.DialContext(t.Context(), "tcp", r.listener.Addr().String()); err == nil {
		t.Error("TLS 1.1 is spoken", conn.Close())
	}
}

func TestAFailureToBeIssuedIsToldCountedAndTriedAgain(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	r.authority.broken = true
	a := r.serve()
	eventually(t, "the failure is counted", func() bool { return r.changes("error") == 1 })
	if log := r.log.String(); !strings.Contains(log, "no new certificate was issued") || !strings.Contains(log, "no orders today") {
		t.Error(log)
	}
	if _, err := r.visit("a.example.com"); err == nil || !a.Expires().IsZero() {
		t.Errorf("without a certificate: %v", err)
	}
	r.authority.set(func() { r.authority.broken = false })
	a.Reload()
	r.await(a, 1)
}

func TestANameThatLeadsElsewhereIsNotProved(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	other := newACMERig(t)
	other.serve()
	r.authority.listener = other.listener.Addr().String()
	r.serve()
	eventually(t, "the failure is counted", func() bool { return r.changes("error") == 1 })
	if log := r.log.String(); !strings.Contains(log, "prove a.example.com") {
		t.Error(log)
	}
}

func TestAnAuthorityThatRedirectsIsNotFollowed(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	elsewhere := httptest.NewServer(http.RedirectHandler(r.config.Directory, http.StatusFound))
	defer elsewhere.Close()
	r.config.Directory = elsewhere.URL
	r.serve()
	eventually(t, "the failure is counted", func() bool { return r.changes("error") == 1 })
	if log := r.log.String(); !strings.Contains(log, "it leads to "+r.authority.url("/directory")) {
		t.Error(log)
	}
	if requests, _ := r.authority.counts(); requests != 0 {
		t.Errorf("%d requests to where nobody sent us", requests)
	}
}

func TestTheEndOfTheServiceEndsAnOrder(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	asked, ended := make(chan struct{}, 1), make(chan error, 1)
	r.config.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		asked <- struct{}{}
		<-req.Context().Done()
		ended <- req.Context().Err()
		return nil, req.Context().Err()
	})
	newRig(t, r.listener)
	stop := r.run(r.open())
	<-asked
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the request ended with %v", err)
	}
	if got := r.changes("error"); got != 0 {
		t.Errorf("%v failures, where nothing failed", got)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// kept returns the name of a file of the cache.
func (r *acmeRig) kept(name string) string {
	r.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(r.config.Cache, "*"))
	if err != nil || len(dirs) != 1 {
		r.t.Fatal(dirs, err)
	}
	return filepath.Join(dirs[0], name)
}

func TestAKeptCertificateThatIsNoGoodIsReplaced(t *testing.T) {
	t.Parallel()
	maker := newPair(t)
	expired, expiredKey := maker.make("a.example.com", time.Now().Add(-time.Hour))
	other, otherKey := maker.make("other.example.com", time.Now().Add(40*time.Hour))
	for name, text := range map[string][]byte{
		"nothing": {}, "nonsense": []byte("hello"), "expired": append(expired, expiredKey...),
		"of another name": append(other, otherKey...), "half of a pair": append(other, expiredKey...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newACMERig(t)
			r.config.Domains = []string{"a.example.com"}
			r.open() // makes the directory
			if err := os.WriteFile(r.kept("certificate.pem"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			if a := r.open(); !a.Expires().IsZero() {
				t.Errorf("taken, until %v", a.Expires())
			}
			r.await(r.serve(), 1)
			if _, err := r.visit("a.example.com"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestACertificateThatCannotBeKeptIsUsed(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	a := r.open()
	if err := os.MkdirAll(filepath.Join(r.kept("certificate.pem"), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	newRig(t, tls.NewListener(r.listener, a.TLS()))
	r.run(a)
	r.await(a, 1)
	if _, err := r.visit("a.example.com"); err != nil {
		t.Error(err)
	}
	eventually(t, "the log tells", func() bool { return strings.Contains(r.log.String(), "is used and not kept") })
}

func TestACacheThatCannotBeUsedIsAMistakeAtTheStart(t *testing.T) {
	t.Parallel()
	r := newACMERig(t)
	file := filepath.Join(r.config.Cache, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.config.Cache, r.config.Registerer = file, prometheus.NewRegistry()
	if _, err := server.OpenACME(r.config); err == nil {
		t.Error("a file is taken for a directory")
	}
	if err := r.listener.Close(); err != nil {
		t.Error(err)
	}
}
