package server

import (
	"fmt"

	"golang.org/x/time/rate"
)

// Live is what of a Config can change while its server serves.
type Live struct {
	// Sessions, PerAddress, Connections and Handshakes are those of Limits.
	Sessions, PerAddress, Connections, Handshakes int
	// AllowedOrigins are those of Config.
	AllowedOrigins []string
}

// live is a Live with its defaults, as it is gone by. It never changes: another takes its
// place.
type live struct {
	sessions, perAddress, connections, handshakes int
	origins                                       origins
}

// complete fills in defaults and refuses what makes no sense.
func (l *Live) complete() (*live, error) {
	limits := Limits{Sessions: l.Sessions, PerAddress: l.PerAddress, Connections: l.Connections, Handshakes: l.Handshakes}
	if err := limits.complete(); err != nil {
		return nil, err
	}
	allowed, err := newOrigins(l.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	return &live{limits.Sessions, limits.PerAddress, limits.Connections, limits.Handshakes, allowed}, nil
}

// live returns the part of the configuration that can change.
func (c *Config) live() *Live {
	l := &c.Limits
	return &Live{l.Sessions, l.PerAddress, l.Connections, l.Handshakes, c.AllowedOrigins}
}

// Reconfigure has whoever comes from now on be judged by l; one call at a time. Sessions that
// are there stay, even where a limit is below their number now. The error names what makes no
// sense, and nothing has changed then.
func (s *Server) Reconfigure(l Live) error {
	next, err := l.complete()
	if err != nil {
		return fmt.Errorf("configure server: %w", err)
	}
	s.live.Store(next)
	s.handshakes.SetLimit(rate.Limit(next.handshakes))
	s.handshakes.SetBurst(handshakeBurst * next.handshakes)
	s.arrivals.resize(next.arrivals())
	return nil
}

// arrivals is how many sessions an address may begin at once: twice as many as it may have.
func (l *live) arrivals() int { return max(2*l.perAddress, leastConnections) }

// room returns how many connections there may be beside a number of sessions. Those beyond a
// limit that was lowered take none of it.
func (l *live) room(sessions int) int { return l.connections - min(sessions, l.sessions) }

// origins returns what judges the pages of browsers.
func (s *Server) origins() *origins { return &s.live.Load().origins }
