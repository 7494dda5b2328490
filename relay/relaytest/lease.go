package relaytest

import (
	"context"
	"time"

	"ticker/relay"
)

// lease is who leads.
type lease struct {
	holder string
	term   uint64
	until  time.Time
}

func (l *lease) isOf(holder string, term uint64) bool {
	return l.holder == holder && l.term == term && time.Now().Before(l.until)
}

// Acquire implements relay.Lease.
func (n *Node) Acquire(_ context.Context, holder string, above uint64, ttl time.Duration) (uint64, error) {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	l := &n.engine.lease
	switch {
	case n.awayLocked():
		return 0, ErrAway
	case time.Now().Before(l.until):
		return 0, relay.ErrHeld
	}
	*l = lease{holder, max(l.term, above) + 1, time.Now().Add(ttl)}
	return l.term, nil
}

// Renew implements relay.Lease.
func (n *Node) Renew(_ context.Context, holder string, term uint64, ttl time.Duration) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	switch {
	case n.awayLocked():
		return ErrAway
	case !n.engine.lease.isOf(holder, term):
		return relay.ErrHeld
	}
	n.engine.lease.until = time.Now().Add(ttl)
	return nil
}

// Release implements relay.Lease.
func (n *Node) Release(_ context.Context, holder string, term uint64) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	if n.awayLocked() {
		return ErrAway
	}
	if n.engine.lease.isOf(holder, term) {
		n.engine.lease.until = time.Time{}
	}
	return nil
}
