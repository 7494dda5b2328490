package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"ticker/auth"
	"ticker/server"
)

// access is who is let in, and what the service shows of itself: both change while it
// runs.
type access struct {
	log         *slog.Logger
	authority   *auth.Authority // nil: nobody is asked
	certificate certificate     // nil: no TLS
}

// newAccess makes an access as it is configured, and starts nothing. An error is a
// mistake in the configuration.
func newAccess(cfg *settings, log *slog.Logger, registry prometheus.Registerer) (*access, error) {
	a := &access{log: log}
	if cfg.auth.on() {
		config := cfg.auth.config()
		config.Logger, config.Metrics = log, auth.NewMetrics(registry)
		var err error
		if a.authority, err = auth.New(config); err != nil {
			return nil, usageError{fmt.Errorf("auth: %w", err)}
		}
	}
	var err error
	if a.certificate, err = newCertificate(cfg, log, registry); err != nil {
		return nil, usageError{fmt.Errorf("tls: %w", err)}
	}
	return a, nil
}

// configure tells a server whom to ask.
func (a *access) configure(cfg *server.Config, allowQuery bool) {
	if a.authority != nil {
		cfg.Authority, cfg.AllowQuery = a.authority, allowQuery
	}
}

// guard puts TLS over a listener, if there is a certificate.
func (a *access) guard(l net.Listener) net.Listener {
	if a.certificate == nil {
		return l
	}
	return tls.NewListener(l, a.certificate.TLS())
}

// scheme returns the scheme of URLs of the public listener.
func (a *access) scheme(plain string) string {
	if a.certificate == nil {
		return plain
	}
	return plain + "s"
}

// run keeps what is read from files and servers up to date until ctx is done.
func (a *access) run(ctx context.Context) error {
	var group errgroup.Group
	if a.authority != nil {
		group.Go(func() error { return a.authority.Run(ctx) })
	}
	if a.certificate != nil {
		group.Go(func() error { return a.certificate.Run(ctx) })
	}
	return group.Wait()
}

// reload has all of it read at once, if there is any.
func (a *access) reload() {
	if a.authority != nil || a.certificate != nil {
		a.log.Info("reading certificate, keys and revocations again")
	}
	if a.authority != nil {
		a.authority.Reload()
	}
	if a.certificate != nil {
		a.certificate.Reload()
	}
}
