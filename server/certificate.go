package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// certificateLook is how often the files of a certificate are looked at.
	certificateLook = 10 * time.Second
	// maxPEMBytes bounds a file of certificates or of a key.
	maxPEMBytes = 1 << 20
)

// CertificateConfig says where a certificate is.
type CertificateConfig struct {
	// CertFile holds the chain, the leaf first; KeyFile its key, both in PEM.
	CertFile, KeyFile string
	Logger            *slog.Logger
	Registerer        prometheus.Registerer
}

// Certificate is the certificate of the public listener. It is read from files, and
// again when they change. Files with a mistake in them, such as half of a pair that
// is being replaced, change nothing but a counter.
type Certificate struct {
	cfg     CertificateConfig
	current atomic.Pointer[tls.Certificate]
	reloads *prometheus.CounterVec

	mu        sync.Mutex
	cert, key []byte // as they were read last
}

// OpenCertificate reads a certificate. It starts nothing.
func OpenCertificate(cfg CertificateConfig) (*Certificate, error) {
	c := &Certificate{cfg: cfg}
	if _, err := c.load(); err != nil {
		return nil, err
	}
	var err error
	if c.reloads, err = newCertificateMetrics(cfg.Registerer, c.Expires); err != nil {
		return nil, err
	}
	return c, nil
}

// newCertificateMetrics registers what is told of a certificate, wherever it is from: it
// returns the count of its changes, and of those that failed, by result.
func newCertificateMetrics(registerer prometheus.Registerer, expires func() time.Time) (*prometheus.CounterVec, error) {
	changes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ticker_tls_reloads_total", Help: "Changes of the certificate, done or failed, by result.",
	}, []string{"result"})
	expiry := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ticker_tls_certificate_expiry_timestamp_seconds", Help: "When the certificate expires, in seconds since the Unix epoch; 0 if there is none.",
	}, func() float64 { return max(0, float64(expires().Unix())) })
	for _, m := range []prometheus.Collector{changes, expiry} {
		if err := registerer.Register(m); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return changes, nil
}

// TLS returns what a listener with this certificate needs. Protocols before TLS 1.2
// are refused. Sessions take their connections over, which HTTP/2 has no way for.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}

// Expires returns when the certificate expires.
func (c *Certificate) Expires() time.Time { return c.current.Load().Leaf.NotAfter }

// Run reads the files again when they have changed, until ctx is done.
func (c *Certificate) Run(ctx context.Context) error {
	tick := time.NewTicker(certificateLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			c.Reload()
		}
	}
}

// Reload reads the files again now. What is wrong with them is logged, once.
func (c *Certificate) Reload() {
	switch changed, err := c.load(); {
	case err != nil && changed:
		c.reloads.WithLabelValues("error").Inc()
		c.cfg.Logger.Error("certificate not changed: correct its files, the old one stays in use",
			slog.Any("error", err), slog.Time("old_expires", c.Expires()))
	case err == nil && changed:
		c.reloads.WithLabelValues("ok").Inc()
		c.cfg.Logger.Info("certificate changed", slog.Time("expires", c.Expires()))
	}
}

// load takes the certificate if its files have changed since they were read.
func (c *Certificate) load() (changed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cert, certErr := readPEM(c.cfg.CertFile)
	key, keyErr := readPEM(c.cfg.KeyFile)
	if bytes.Equal(cert, c.cert) && bytes.Equal(key, c.key) {
		return false, errors.Join(certErr, keyErr)
	}
	c.cert, c.key = cert, key
	if err := errors.Join(certErr, keyErr); err != nil {
		return true, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return true, fmt.Errorf("use certificate %s with key %s: %w", c.cfg.CertFile, c.cfg.KeyFile, err)
	}
	if left := time.Until(pair.Leaf.NotAfter); left <= 0 {
		return true, fmt.Errorf("use certificate %s: it expired at %s", c.cfg.CertFile, pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	c.current.Store(&pair)
	return true, nil
}

// readPEM reads a file that should be small.
func readPEM(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxPEMBytes {
		return nil, fmt.Errorf("read certificate: %s is no file of at most %d bytes", name, maxPEMBytes)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return text, nil
}
