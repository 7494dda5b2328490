package natstest

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func connect(t *testing.T, s *Server) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(s.URL(), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestWhatAStreamHoldsOutlivesAStopAndAKill(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	addr := s.Addr()
	for i, end := range []func(testing.TB){s.Stop, s.Kill, func(testing.TB) {}} {
		js, err := jetstream.New(connect(t, s))
		if err != nil {
			t.Fatal(err)
		}
		stream, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"q"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(t.Context(), "q", nil); err != nil {
			t.Fatal(err)
		}
		if info, err := stream.Info(t.Context()); err != nil || info.State.Msgs != uint64(i+1) {
			t.Errorf("%d messages, want %d: %v", info.State.Msgs, i+1, err)
		}
		end(t)
		s.Restart(t)
	}
	if s.Addr() != addr {
		t.Errorf("it moved from %s to %s", addr, s.Addr())
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := Options{Config: "no such setting"}.Launch()
	if err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("error %v, want the line in it", err)
	}
}
