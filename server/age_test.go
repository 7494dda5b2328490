package server_test

import (
	"errors"
	"testing"
	"time"

	"ticker/server"
	"ticker/wire"
)

func lastingFor(age time.Duration) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Limits.SessionAge = age }
}

func TestSessionsGoAtTheirAgeNotAllTogetherAndAreToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	const age, look = 10 * time.Minute, 6 * time.Second
	inBubble(t, func(r *rig) {
		const sessions = 40
		began := time.Now()
		ends := make(chan time.Duration, sessions+1)
		for range sessions {
			c := r.connect(wire.JSON)
			go func() {
				c.expectFarewell()
				ends <- time.Since(began)
			}()
		}
		stream := r.events("symbols=A")
		go func() {
			stream.wait(2 * age)
			for _, err := stream.try(); err == nil; _, err = stream.try() {
			}
			ends <- time.Since(began)
		}()
		different := make(map[time.Duration]bool)
		for range sessions + 1 {
			end := <-ends
			if end < age-age/10 || end > age+age/10+look+time.Second {
				t.Errorf("one ends after %v", end)
			}
			different[end.Truncate(look)] = true
		}
		if len(different) < 8 {
			t.Errorf("all end at %v", different)
		}
		sleep(time.Second) // for the stream, whose client does not hang up
		if got := r.metric(`ticker_session_closes_total{code="1001"}`); got != "41" {
			t.Errorf("%s closed with 1001", got)
		}
	}, lastingFor(age))
}

// expectFarewell reads up to the end of a session that has to be told of it.
func (c *raw) expectFarewell() {
	c.t.Helper()
	c.wait(time.Hour)
	var told *wire.Draining
	for {
		m, err := c.try()
		if draining, ok := m.(*wire.Draining); ok {
			told = draining
		}
		if err == nil {
			continue
		}
		var end closedWith
		if !errors.As(err, &end) || end.code != wire.CloseGoingAway || told == nil ||
			told.ReconnectAfter < 500*ms || told.ReconnectAfter > 5*time.Second {
			c.t.Errorf("%v, told %+v", err, told)
		}
		_ = c.conn.Close()
		return
	}
}

func TestWithoutALimitSessionsLastForEver(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		c.wait(27 * time.Hour)
		for range 26 {
			m, err := c.try()
			if _, beat := m.(*wire.Heartbeat); !beat {
				t.Fatalf("%T, %v instead of the heartbeat of an hour", m, err)
			}
		}
	}, lastingFor(0), func(_ testing.TB, cfg *server.Config) { cfg.Heartbeat = time.Hour })
}
