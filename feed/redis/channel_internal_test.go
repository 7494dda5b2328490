package redis

import (
	"errors"
	"net"
	"testing"
	"time"

	"ticker/internal/redisconn"
	"ticker/internal/redistest"
)

// A connection that is made again by itself, while the sink is busy, would hide that
// messages were lost between the two.
func TestALostConnectionIsNeverMadeAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	s, err := New(Config{URL: server.URL(), Channel: "quotes"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := redisconn.Dial(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	messages, err := s.subscribe(t.Context(), conn.Client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = messages.Close() })
	if m, err := messages.ReceiveTimeout(t.Context(), time.Minute); err != nil {
		t.Fatal(m, err)
	}
	conn.Cut()
	for range 3 {
		if err := messages.Ping(t.Context()); err == nil {
			t.Error("a lost connection can be written to")
		}
	}
	if m, err := messages.ReceiveTimeout(t.Context(), time.Second); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a lost connection reads %v, %v", m, err)
	}
}
