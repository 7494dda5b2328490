package nats_test

import (
	"testing"

	natsclient "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/feed/internal/queuetest"
	"ticker/feed/nats"
	"ticker/internal/natstest"
)

// benchmark publishes rounds of messages and waits for each to come out.
func benchmark(b *testing.B, configure func(*natstest.Server) nats.Config) {
	b.Helper()
	const round = 10_000
	s := natstest.Start(b, natstest.Options{})
	conn, err := natsclient.Connect(s.URL(), natsclient.NoReconnect())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"quotes.>"}}); err != nil {
		b.Fatal(err)
	}
	source, err := nats.New(configure(s))
	if err != nil {
		b.Fatal(err)
	}
	quote := []byte(queuetest.Bids("A", 1, 1)[0])
	queuetest.Measure(b, source, round, func() {
		for range round {
			if err := conn.Publish("quotes.A", quote); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSubject watches what a message costs between the socket and the sink.
func BenchmarkSubject(b *testing.B) { benchmark(b, onSubject) }

// BenchmarkStream watches what the acknowledgement of each message costs on top.
func BenchmarkStream(b *testing.B) { benchmark(b, onStream) }
