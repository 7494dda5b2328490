package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/server"
)

const (
	// maxDomains is how many names Let's Encrypt puts into one certificate.
	maxDomains = 100
	// maxDirectoryBytes leaves room for the URL in the name of a directory.
	maxDirectoryBytes = 80
)

// certificate is that of the public listener, from files or from an authority.
type certificate interface {
	TLS() *tls.Config
	Run(ctx context.Context) error
	Reload()
}

// acmeSettings say whom to ask for a certificate; without domains, nobody.
type acmeSettings struct {
	domains                 []string
	cache, directory, email string
}

// newCertificate makes the certificate that is configured, nil if there is none.
func newCertificate(cfg *settings, log *slog.Logger, registry prometheus.Registerer) (certificate, error) {
	switch {
	case cfg.tls != (tlsSettings{}):
		return server.OpenCertificate(server.CertificateConfig{
			CertFile: cfg.tls.certFile, KeyFile: cfg.tls.keyFile, Logger: log, Registerer: registry,
		})
	case len(cfg.acme.domains) > 0:
		return server.OpenACME(cfg.acme.config(cfg.data, log, registry))
	}
	return nil, nil
}

// config fills in what was not configured.
func (s *acmeSettings) config(data string, log *slog.Logger, registry prometheus.Registerer) server.ACMEConfig {
	cfg := server.ACMEConfig{
		Domains: s.domains, Cache: s.cache, Directory: s.directory, Email: s.email, Logger: log, Registerer: registry,
	}
	if cfg.Cache == "" {
		cfg.Cache = filepath.Join(data, "acme")
	}
	if cfg.Directory == "" {
		cfg.Directory = server.LetsEncrypt
	}
	return cfg
}

// checkACME notes what is wrong with the keys below tls.acme.
func (c *configuration) checkACME() {
	s := &c.settings.acme
	if len(s.domains) > 0 {
		c.demand("tls.acme.domains", c.settings.tls == (tlsSettings{}), "excludes tls.cert_file and tls.key_file: want one or the other")
		return
	}
	for _, path := range slices.Sorted(maps.Keys(c.given)) {
		alone := strings.HasPrefix(path, "tls.acme.") && path != "tls.acme.domains"
		c.demand(path, !alone, "means nothing without tls.acme.domains")
	}
}

// domainsValue is a list of names of hosts.
type domainsValue []string

func (v *domainsValue) set(items []string) error {
	if len(items) > maxDomains {
		return fmt.Errorf("%d names: want %d at most", len(items), maxDomains)
	}
	for i, name := range items {
		if err := checkDomain(name); err != nil {
			return err
		}
		if slices.Contains(items[:i], name) {
			return fmt.Errorf("%s is given twice", name)
		}
	}
	*v = slices.Clone(items)
	return nil
}

func (v *domainsValue) get() []string { return *v }
func (v *domainsValue) list() bool    { return true }

// checkDomain finds what is wrong with a name that a certificate should be for.
func checkDomain(name string) error {
	_, err := netip.ParseAddr(name)
	switch {
	case strings.HasPrefix(name, "*."):
		return fmt.Errorf("%q has a wildcard, which cannot be proved on the listener: name the hosts", name)
	case err == nil:
		return fmt.Errorf("%q is an address: want names", name)
	case len(name) > 253 || !strings.Contains(name, ".") || slices.ContainsFunc(strings.Split(name, "."), notLabel):
		return fmt.Errorf("%.80q is no name of a host: want one such as quotes.example.com, in lower case and ASCII", name)
	}
	return nil
}

// notLabel reports whether a part of a name between two dots is none.
func notLabel(label string) bool {
	return label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
		label[0] == '-' || label[len(label)-1] == '-'
}

// directoryValue is the URL of a certificate authority.
type directoryValue string

func (v *directoryValue) set(items []string) error {
	return one(items, func(text string) error {
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Host == "" || u.User != nil || len(text) > maxDirectoryBytes:
			return fmt.Errorf("want a URL of at most %d bytes, without a login", maxDirectoryBytes)
		case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Host)):
			return errors.New("want https://…, or http:// on a loopback address and port")
		}
		*v = directoryValue(text)
		return nil
	})
}

func (v *directoryValue) get() []string { return (*optionalValue)(v).get() }
func (v *directoryValue) list() bool    { return false }

// emailValue is one address, without a name.
type emailValue string

func (v *emailValue) set(items []string) error {
	return one(items, func(text string) error {
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return fmt.Errorf("%.80q is no address: want one such as ops@example.com", text)
		}
		*v = emailValue(text)
		return nil
	})
}

func (v *emailValue) get() []string { return (*optionalValue)(v).get() }
func (v *emailValue) list() bool    { return false }
