package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/auth"
	"ticker/server"
)

// catchHangUps has SIGHUP mean that files are to be read again, where there are any; else
// it does what it does to any program. The caller stops it.
func catchHangUps(c *configuration) chan os.Signal {
	hangUps := make(chan os.Signal, 1) // what comes during a reading is one more
	s := c.settings
	if c.from.file != "" || s.auth.on() || s.tls != (tlsSettings{}) || len(s.acme.domains) > 0 {
		signal.Notify(hangUps, syscall.SIGHUP)
	}
	return hangUps
}

// reloader has a service that runs go by files that changed.
type reloader struct {
	hangUps <-chan os.Signal
	log     *slog.Logger
	level   *slog.LevelVar
	server  *server.Server
	access  *access

	from     reading  // without a file there is no configuration to read again
	inForce  settings // of the goroutine that reads
	readings *prometheus.CounterVec
	readAt   prometheus.Gauge
}

// newReloader makes the reloader of a service, and starts nothing.
func newReloader(s *service, c *configuration, level *slog.LevelVar, hangUps <-chan os.Signal) (*reloader, error) {
	r := &reloader{
		hangUps: hangUps, log: s.log, level: level, server: s.server, access: s.access,
		from: c.from, inForce: *c.settings,
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ticker_config_reloads_total", Help: "Times that the configuration was read again, by result.",
		}, []string{"result"}),
		readAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ticker_config_read_timestamp_seconds", Help: "When the configuration was last read without a mistake.",
		}),
	}
	for _, result := range []string{"ok", "error"} {
		r.readings.WithLabelValues(result)
	}
	r.readAt.SetToCurrentTime()
	for _, m := range []prometheus.Collector{r.readings, r.readAt} {
		if err := s.registry.Register(m); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return r, nil
}

// run reads everything again on each SIGHUP until ctx is done.
func (r *reloader) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.hangUps:
			if r.from.file != "" {
				r.reload()
			}
			r.access.reload()
		}
	}
}

// reload reads the configuration again. One with a mistake changes nothing.
func (r *reloader) reload() {
	c, err := r.from.read()
	if err == nil {
		err = r.apply(c.settings)
	}
	if err != nil {
		r.readings.WithLabelValues("error").Inc()
		r.log.Error("configuration not changed: correct it, the old one stays in force", "error", oneLine(err))
		return
	}
	r.readings.WithLabelValues("ok").Inc()
	r.readAt.SetToCurrentTime()
}

// apply has the service go by what can change while it runs, and tells of what cannot. An
// error changes nothing.
func (r *reloader) apply(next *settings) error {
	after := r.inForce
	after.adopt(next)
	if err := r.server.Reconfigure(after.live(r.log)); err != nil {
		return err
	}
	// The keys were judged with the rest, as part of an authority of their own.
	if err := r.access.setKeys(after.auth.keys); err != nil {
		return err
	}
	r.level.Set(after.level())
	r.log.Info("configuration was read again", "changed", differing(&r.inForce, &after))
	if waiting := differing(&after, next); len(waiting) > 0 {
		r.log.Warn("some keys of the configuration wait for a restart", "keys", waiting)
	}
	r.inForce = after
	return nil
}

// setKeys replaces the API keys, where anybody is asked for one.
func (a *access) setKeys(keys []auth.Key) error {
	if a.authority == nil {
		return nil
	}
	if err := a.authority.SetKeys(keys); err != nil {
		return fmt.Errorf("auth: %w", err)
	}
	return nil
}

// adopt takes over what can change while the service runs. API keys are for a mode: with
// another one they wait for the restart that it needs.
func (s *settings) adopt(next *settings) {
	s.allowedOrigins, s.logLevel = next.allowedOrigins, next.logLevel
	s.limits.sessions, s.limits.perAddress = next.limits.sessions, next.limits.perAddress
	s.limits.handshakesPerSecond = next.limits.handshakesPerSecond
	if s.auth.mode == next.auth.mode {
		s.auth.keys = next.auth.keys
	}
}

// live is what a server can be told while it serves.
func (s *settings) live(log *slog.Logger) server.Live {
	sessions, connections := s.connectionLimits(log)
	return server.Live{
		Sessions: sessions, Connections: connections, PerAddress: int(s.limits.perAddress),
		Handshakes: int(s.limits.handshakesPerSecond), AllowedOrigins: s.allowedOrigins,
	}
}

// differing names the keys in which two settings differ. Values are held against each other
// and not their texts, in which secrets are masked.
func differing(a, b *settings) []string {
	names := []string{}
	for _, k := range keys() {
		x, y := k.value(a), k.value(b)
		given := len(x.get())+len(y.get()) > 0 // an empty list is none
		if given && !reflect.DeepEqual(x, y) {
			names = append(names, k.path)
		}
	}
	return names
}
