package nats

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/feed/internal/payload"
	"ticker/feed/internal/queuetest"
	"ticker/internal/natsconn"
	"ticker/internal/natstest"
)

func TestWhatIsLostIsCountedAndLogged(t *testing.T) {
	t.Parallel()
	const published, room = 100, 10
	server := natstest.Start(t, natstest.Options{})
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	s, err := New(Config{
		Access: natsconn.Access{URLs: []string{server.URL()}}, Subject: "q", Logger: slog.New(slog.NewTextHandler(&log, nil)), Metrics: NewMetrics(registry),
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.cfg.Connect(t.Context(), s.cfg.Logger)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sub, err := conn.SubscribeSync("q")
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.SetPendingLimits(room, -1); err != nil {
		t.Fatal(err)
	}
	for _, quote := range queuetest.Bids("A", 0, published) {
		if err := conn.Publish("q", []byte(quote)); err != nil {
			t.Fatal(err)
		}
	}
	// The answer comes behind the messages.
	if err := natsconn.Confirm(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	j := queuetest.NewJournal()
	r := &reading{source: s, conn: conn, to: j, reader: payload.NewReader(j, nil, nil)}
	lost := loss{sub: sub, cfg: &s.cfg}
	for len(j.Told().Updates) < room {
		if err := r.next(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
		lost.look()
	}
	j.EachOnce(t, "A", room)
	if err := r.next(t.Context(), sub); err != nil { // nothing comes
		t.Errorf("the loss ends the connection: %v", err)
	}
	if got := counter(t, registry, "ticker_feed_nats_dropped_messages_total"); got != published-room {
		t.Errorf("%v are counted as lost, want %d", got, published-room)
	}
	if want := `msg="messages were lost: they came faster than they were read" subject=q messages=90`; !strings.Contains(log.String(), want) {
		t.Errorf("the log says %q, want %q", log.String(), want)
	}
}

func counter(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
