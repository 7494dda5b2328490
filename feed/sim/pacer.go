package sim

import "time"

// maxBehind is how much of a stall is caught up.
const maxBehind = 100 * time.Millisecond

// pacer says what is due: event k at origin + k/rate, on a clock that is
// passed in.
type pacer struct {
	rate   int64 // a second
	origin time.Duration
	sent   int64 // events since the origin, below rate
}

// due returns how many events are due that were not sent. When it is more than
// maxBehind late it skips ahead in time.
func (p *pacer) due(now time.Duration) int64 {
	if now-p.next() > maxBehind {
		p.origin, p.sent = now-maxBehind, 0
	}
	// The first event that is not due is the first whose time, rounded down,
	// is past now.
	elapsed := int64(now-p.origin) + 1
	return (elapsed*p.rate+int64(time.Second)-1)/int64(time.Second) - p.sent
}

// next returns when the next event is due.
func (p *pacer) next() time.Duration {
	return p.origin + time.Duration(p.sent*int64(time.Second)/p.rate)
}

// send counts one event as sent. Whole seconds move into the origin, so that
// no product grows out of 64 bits.
func (p *pacer) send() {
	if p.sent++; p.sent == p.rate {
		p.origin += time.Second
		p.sent = 0
	}
}
