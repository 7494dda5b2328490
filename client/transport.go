package client

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Transport is a way in which quotes come from the service.
type Transport uint8

// The transports, the best first.
const (
	// WebSocket is one connection for everything.
	WebSocket Transport = iota
	// SSE is Server-Sent Events: an open request for each subscription. It passes
	// where WebSocket is blocked.
	SSE
	// Poll is long polling: one request after the other. It passes everywhere, and
	// has no envelopes and no bandwidth.
	Poll
)

// String returns the name of the transport, as the metrics of the service have it.
func (t Transport) String() string {
	switch t {
	case WebSocket:
		return "websocket"
	case SSE:
		return "sse"
	case Poll:
		return "poll"
	}
	return "unknown"
}

// checkTransports says what is wrong with a list of them.
func checkTransports(list []Transport) error {
	for i, t := range list {
		switch {
		case t > Poll:
			return fmt.Errorf("transport %d is unknown", t)
		case slices.Contains(list[:i], t):
			return fmt.Errorf("transport %s is listed twice", t)
		}
	}
	return nil
}

const (
	// fallbackPatience is how many connections in a row may come to nothing before
	// the next transport is tried.
	fallbackPatience = 2
	// shortLife is for how long a connection must have lived to have come to
	// something, unless the service itself ended it.
	shortLife = 5 * time.Second
	// upgradeAfter is how long a better transport is left alone.
	upgradeAfter = 5 * time.Minute
)

// step is what to do after a connection ended.
type step uint8

const (
	wait   step = iota // before the next one
	goOn               // with the next transport, at once
	giveUp             // coming back is of no use
)

// fallback chooses the transport of the next connection. One that is blocked, or
// comes to nothing twice in a row, makes room for the next in the order. After a
// while the first is tried again, and has one connection to prove itself. It knows
// no clock.
type fallback struct {
	order    []Transport
	place    int
	failures int       // in a row, of the present one
	blocked  int       // transports in a row that are blocked
	leftAt   time.Time // when the first was left
	trial    bool      // a better one is tried again
}

// next returns the transport to try now.
func (f *fallback) next(now time.Time) Transport {
	if f.place > 0 && now.Sub(f.leftAt) >= upgradeAfter {
		f.place, f.failures, f.trial = 0, 0, true
	}
	return f.order[f.place]
}

// judge is told how a connection went.
func (f *fallback) judge(lost *loss, now time.Time) step {
	switch {
	case final(lost.err):
		return giveUp
	case lost.lived == 0 && blocks(lost.err):
		if f.blocked++; f.blocked >= len(f.order) {
			return giveUp
		}
		f.advance(now)
		if f.place > 0 {
			return goOn
		}
	case spoke(lost):
		f.failures, f.blocked, f.trial = 0, 0, false
	case !unreachable(lost.err):
		f.blocked = 0
		if f.failures++; f.failures >= fallbackPatience || f.trial {
			f.advance(now)
		}
	}
	return wait
}

func (f *fallback) advance(now time.Time) {
	if f.place == 0 {
		f.leftAt = now
	}
	f.place = (f.place + 1) % len(f.order)
	f.failures = 0
}

// spoke reports whether a connection proves that its transport comes through: it
// lived, or it ended with a word of the service.
func spoke(lost *loss) bool {
	var closed *CloseError
	var refused *Error
	switch {
	case lost.lived >= shortLife, lost.lived > 0 && lost.asked > 0, errors.As(lost.err, &closed):
		return true
	}
	return errors.As(lost.err, &refused) && refused.Code != ""
}
