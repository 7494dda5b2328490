package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/acme"
)

// LetsEncrypt is the directory of the certificate authority that is asked unless
// another is named.
const LetsEncrypt = acme.LetsEncryptURL

// ACMEConfig says which certificate to ask a certificate authority for.
type ACMEConfig struct {
	// Domains are the names of the certificate, in lower case. Each must lead to the
	// public listener at port 443, where the authority looks for proof.
	Domains []string
	// Cache is a directory for the key of the account and for the certificate with its
	// key. It is made if it is not there, for this user only.
	Cache string
	// Directory is the URL of the authority, LetsEncrypt for example.
	Directory string
	// Email is an address that a new account is made with; empty for none.
	Email string
	// Transport carries the requests; nil is one of its own.
	Transport  http.RoundTripper
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// ACME is the certificate of the public listener where a certificate authority issues
// it, as RFC 8555 has it. That the names are ours is proved on the listener itself (RFC
// 8737), so it needs no other port. All its names stand in one certificate, which is
// replaced when two thirds of its life are over. The terms of the authority are agreed to.
type ACME struct {
	cfg     ACMEConfig
	store   acmeStore
	http    *http.Client
	results *prometheus.CounterVec
	wake    chan struct{}

	current atomic.Pointer[tls.Certificate] // nil until there is one

	mu     sync.Mutex
	proofs map[string]*tls.Certificate // by the name that the authority looks at
}

// OpenACME makes an ACME with the certificate of an earlier run, if that is still good.
// It starts nothing and asks nobody.
func OpenACME(cfg ACMEConfig) (*ACME, error) {
	store, err := openACMEStore(cfg.Cache, cfg.Directory)
	if err != nil {
		return nil, err
	}
	a := &ACME{
		cfg: cfg, store: store, http: acmeClient(cfg.Transport),
		wake: make(chan struct{}, 1), proofs: make(map[string]*tls.Certificate),
	}
	if a.results, err = newCertificateMetrics(cfg.Registerer, a.Expires); err != nil {
		return nil, err
	}
	text, err := store.certificate()
	if err != nil || text == nil {
		return a, err
	}
	kept, err := a.usable(text)
	if err != nil {
		cfg.Logger.Info("kept certificate is of no use", slog.Any("error", err))
		return a, nil
	}
	a.current.Store(kept)
	return a, nil
}

// TLS returns what a listener with this certificate needs. Protocols before TLS 1.2
// are refused, and so are clients that ask for a name that is none of the certificate's.
func (a *ACME) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1", acme.ALPNProto},
		GetCertificate: a.present,
	}
}

// errNoCertificate is what a client meets before the first certificate was issued.
var errNoCertificate = errors.New("no certificate was issued yet")

// present chooses what a client is shown; nil tells it that there is nothing of that
// name. Nothing that a client asks for has the authority asked.
func (a *ACME) present(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	switch current := a.current.Load(); {
	case slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}):
		return a.proof(name), nil
	case !slices.Contains(a.cfg.Domains, name):
		return nil, nil
	case current == nil:
		return nil, errNoCertificate
	default:
		return current, nil
	}
}

// Expires returns when the certificate expires, the zero time if there is none.
func (a *ACME) Expires() time.Time {
	if current := a.current.Load(); current != nil {
		return current.Leaf.NotAfter
	}
	return time.Time{}
}

// Reload has Run look at once whether a certificate is needed, without waiting for what
// remains of a pause after a failure.
func (a *ACME) Reload() {
	select {
	case a.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Run asks for a certificate whenever one is needed, until ctx is done. The listener
// must accept connections meanwhile.
func (a *ACME) Run(ctx context.Context) error {
	failures := 0
	for pause := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		case <-time.After(pause):
		}
		pause = acmeLook
		if !acmeDue(a.current.Load(), time.Now()) {
			continue
		}
		switch err := a.renew(ctx); {
		case err == nil:
			failures = 0
		case ctx.Err() == nil:
			failures++
			pause = acmePause(failures, err)
			a.results.WithLabelValues("error").Inc()
			a.cfg.Logger.Error("no new certificate was issued", slog.Any("error", err),
				slog.Duration("retry", pause), slog.Time("old_expires", a.Expires()))
		}
	}
}

// renew has a new certificate issued, uses it, and keeps it. One that cannot be kept is
// used all the same; the next start will ask for another.
func (a *ACME) renew(ctx context.Context) error {
	text, err := a.issue(ctx)
	if err != nil {
		return err
	}
	issued, err := a.usable(text)
	if err != nil {
		return err
	}
	a.current.Store(issued)
	if err := a.store.keepCertificate(text); err != nil {
		a.cfg.Logger.Error("certificate is used and not kept: a restart needs a new one", slog.Any("error", err))
	}
	a.results.WithLabelValues("ok").Inc()
	a.cfg.Logger.Info("certificate issued", slog.Time("expires", issued.Leaf.NotAfter))
	return nil
}

// usable reads a certificate and its key, which must be for all names, and for now.
func (a *ACME) usable(text []byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("use certificate: %w", err)
	}
	for _, name := range a.cfg.Domains {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			return nil, fmt.Errorf("use certificate: %w", err)
		}
	}
	if time.Now().After(pair.Leaf.NotAfter) {
		return nil, fmt.Errorf("use certificate: it expired at %s", pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	return &pair, nil
}
