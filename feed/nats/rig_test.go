package nats_test

import (
	"testing"

	natsclient "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/feed"
	"ticker/feed/internal/queuetest"
	"ticker/feed/nats"
	"ticker/internal/natsconn"
	"ticker/internal/natstest"
)

func newSource(t *testing.T, cfg nats.Config) *nats.Source {
	t.Helper()
	s, err := nats.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// onSubject reads what is published below quotes.
func onSubject(s *natstest.Server) nats.Config {
	return nats.Config{Access: natsconn.Access{URLs: []string{s.URL()}}, Subject: "quotes.>"}
}

// onStream reads the stream Q by a durable consumer.
func onStream(s *natstest.Server) nats.Config {
	return nats.Config{Access: natsconn.Access{URLs: []string{s.URL()}}, Stream: "Q", Durable: "ticker", Start: nats.Earliest}
}

// desk publishes, and makes streams.
type desk struct {
	t    *testing.T
	conn *natsclient.Conn
	js   jetstream.JetStream
}

// open connects to a server.
func open(t *testing.T, s *natstest.Server) *desk {
	t.Helper()
	conn, err := natsclient.Connect(s.URL(), natsclient.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, conn, js}
}

// publish sends payloads below quotes, and returns when the server has them.
func (d *desk) publish(payloads ...string) {
	d.t.Helper()
	for _, p := range payloads {
		if err := d.conn.Publish("quotes.A", []byte(p)); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := d.conn.Flush(); err != nil {
		d.t.Fatal(err)
	}
}

// makeStream makes the stream Q, of what is published below quotes.
func (d *desk) makeStream() {
	d.t.Helper()
	_, err := d.js.CreateStream(d.t.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"quotes.>"}})
	if err != nil {
		d.t.Fatal(err)
	}
}

// store puts payloads into the stream, and returns when it has them.
func (d *desk) store(payloads ...string) {
	d.t.Helper()
	for _, p := range payloads {
		if _, err := d.js.Publish(d.t.Context(), "quotes.A", []byte(p)); err != nil {
			d.t.Fatal(err)
		}
	}
}

func newTouchy() feed.Parser { return queuetest.Touchy{} }
