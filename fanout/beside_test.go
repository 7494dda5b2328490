package fanout

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/wire"
)

func TestAHubBesideAnotherCountsInItsMetrics(t *testing.T) {
	t.Parallel()
	inBubble(t, func(f *fixture) {
		registry := prometheus.NewRegistry()
		if err := registry.Register(f.hub.metrics); err != nil {
			f.t.Fatal(err)
		}
		beside, err := New(Config{
			Book: book.New(book.Config{Encode: Encode}), Intervals: testIntervals, Heartbeat: f.hub.cfg.Heartbeat,
			MaxSymbols: 10, Workers: 7, Logger: slog.New(slog.DiscardHandler), Registerer: registry, Beside: f.hub,
		})
		if err != nil {
			f.t.Fatal(err)
		}
		var sessions []*Session
		for _, h := range []*Hub{f.hub, beside} {
			sessions = append(sessions, h.Open(Options{
				Conn: newFakeConn(false), Framing: prefixed{}, Codec: wire.JSON, Transport: Poll, Failed: func(error) {},
			}))
		}
		if got := f.hub.metrics.transports[Poll].sessions.Load(); got != 2 {
			f.t.Errorf("%d sessions of two hubs", got)
		}
		if _, err := registry.Gather(); err != nil {
			f.t.Error(err)
		}
		for _, s := range sessions {
			s.Close()
		}
	})
}
