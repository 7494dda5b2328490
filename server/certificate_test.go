package server_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/server"
)

// pair is the files of a certificate.
type pair struct {
	t         *testing.T
	cert, key string
	log       *bytes.Buffer
	registry  *prometheus.Registry
}

func newPair(t *testing.T) *pair {
	t.Helper()
	dir := t.TempDir()
	return &pair{
		t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"),
		log: new(bytes.Buffer), registry: prometheus.NewRegistry(),
	}
}

// make returns a certificate for a name, and its key, in PEM.
func (p *pair) make(name string, expires time.Time) (cert, key []byte) {
	p.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: expires.Add(-48 * time.Hour), NotAfter: expires,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		p.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		p.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func (p *pair) write(cert, key []byte) {
	p.t.Helper()
	if err := errors.Join(os.WriteFile(p.cert, cert, 0o600), os.WriteFile(p.key, key, 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

// put writes a new certificate for a name.
func (p *pair) put(name string) {
	p.t.Helper()
	p.write(p.make(name, time.Now().Add(time.Hour)))
}

func (p *pair) open() (*server.Certificate, error) {
	return server.OpenCertificate(server.CertificateConfig{
		CertFile: p.cert, KeyFile: p.key, Logger: slog.New(slog.NewTextHandler(p.log, nil)), Registerer: p.registry,
	})
}

func (p *pair) mustOpen() *server.Certificate {
	p.t.Helper()
	c, err := p.open()
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// reloads returns how many reloads ended so.
func (p *pair) reloads(result string) (n float64) {
	p.t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == result {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

// presented returns the name of the certificate that a client is shown.
func presented(t *testing.T, c *server.Certificate) string {
	t.Helper()
	got, err := c.TLS().GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return got.Leaf.Subject.CommonName
}

func TestACertificateThatChangedIsUsedWithoutARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		p.put("old.example.com")
		c := p.mustOpen()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		p.put("new.example.com")
		sleep(time.Minute)
		if got := presented(t, c); got != "new.example.com" {
			t.Errorf("a minute later %s is shown", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAMistakeInTheFilesKeepsTheOldCertificate(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(p *pair){
		"half of a pair": func(p *pair) {
			cert, _ := p.make("new.example.com", time.Now().Add(time.Hour))
			_, key := p.make("new.example.com", time.Now().Add(time.Hour))
			p.write(cert, key)
		},
		"nonsense":    func(p *pair) { p.write([]byte("hello"), []byte("world")) },
		"empty files": func(p *pair) { p.write(nil, nil) },
		"expired":     func(p *pair) { p.write(p.make("new.example.com", time.Now().Add(-time.Hour))) },
		"a huge file": func(p *pair) { p.write(make([]byte, 2<<20), nil) },
		"no file": func(p *pair) {
			if err := os.Remove(p.cert); err != nil {
				p.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			p.put("old.example.com")
			c := p.mustOpen()
			spoil(p)
			c.Reload()
			c.Reload()
			if got := presented(t, c); got != "old.example.com" {
				t.Errorf("%s is shown", got)
			}
			if n := strings.Count(p.log.String(), "certificate not changed"); n != 1 {
				t.Errorf("the mistake was told %d times:\n%s", n, p.log)
			}
			if got := p.reloads("error"); got != 1 {
				t.Errorf("%v mistakes are counted, want 1", got)
			}
			p.put("third.example.com")
			c.Reload()
			if got := presented(t, c); got != "third.example.com" {
				t.Errorf("corrected, and %s is shown", got)
			}
			if _, err := p.open(); err == nil {
				t.Error("the same metrics twice")
			}
		})
	}
}

func TestACertificateMustBeGoodAtTheStart(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	if _, err := p.open(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without files: %v", err)
	}
	p.write(p.make("a", time.Now().Add(-time.Hour)))
	if _, err := p.open(); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("expired: %v", err)
	}
	p.put("a")
	if c := p.mustOpen(); time.Until(c.Expires()) > time.Hour || time.Until(c.Expires()) < 50*time.Minute {
		t.Errorf("expires %v", c.Expires())
	}
}

func TestOldProtocolsAreRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.put("example.com")
	c := p.mustOpen()
	for version, accepted := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		near, far := net.Pipe()
		var serving sync.WaitGroup
		serving.Go(func() { // its error is the client's, seen from the other side
			_ = errors.Join(tls.Server(far, c.TLS()).HandshakeContext(t.Context()), far.Close())
		})
		conn := tls.Client(near, &tls.Config{
			InsecureSkipVerify: true, //nolint:gosec // the version is what is tested
			MinVersion:         version, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"},
		})
		err := conn.HandshakeContext(t.Context())
		if (err == nil) != accepted {
			t.Errorf("version %x: %v", version, err)
		}
		if got := conn.ConnectionState().NegotiatedProtocol; accepted && got != "http/1.1" {
			t.Errorf("negotiated %q", got)
		}
		if err := near.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	}
}
