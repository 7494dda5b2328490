package feed

import (
	"sync/atomic"
	"time"
)

// The judges below are fed observations and a reading of the monotonic clock.

// silence judges how long a source may still go without being heard. The
// source's goroutine feeds it, the watch asks it.
type silence struct {
	limit time.Duration
	heard atomic.Int64
}

func (s *silence) hear(now time.Duration) { s.heard.Store(int64(now)) }

// left returns what is left of the limit, 0 or less when the source is silent.
func (s *silence) left(now time.Duration) time.Duration {
	return s.limit - (now - time.Duration(s.heard.Load()))
}

// garbageWindow is the number of records over which a connection is judged.
const garbageWindow = 128

// garbage judges whether a connection brings mostly records that are refused,
// over one window of records after the other.
type garbage struct {
	records, refused int
}

// note takes one record and reports whether more than half of the window is
// refused already.
func (g *garbage) note(refused bool) bool {
	if g.records == garbageWindow {
		*g = garbage{}
	}
	g.records++
	if refused {
		g.refused++
	}
	return g.refused > garbageWindow/2
}

// A connection is taken to be stuck in the past when more than stuckRecords updates in a
// row were late, over stuckFor at least. What a venue tells again after a reconnection
// may be many more, and is over in a moment.
const (
	stuckRecords = 128
	stuckFor     = 10 * time.Second
)

// past judges whether a connection brings nothing but what is late.
type past struct {
	records int
	since   time.Duration
}

// note takes one update and reports whether the connection is stuck.
func (p *past) note(late bool, now time.Duration) bool {
	if !late {
		p.records = 0
		return false
	}
	if p.records == 0 {
		p.since = now
	}
	p.records++
	return p.records > stuckRecords && now-p.since >= stuckFor
}

// sampleEvery is the time between two log lines about the same thing.
const sampleEvery = 10 * time.Second

// sampler lets through one log line in sampleEvery.
type sampler struct {
	next time.Duration
	held int
}

// take reports whether to log, and how many were held back since the last line.
func (s *sampler) take(now time.Duration) (held int, ok bool) {
	if now < s.next {
		s.held++
		return 0, false
	}
	held, s.held = s.held, 0
	s.next = now + sampleEvery
	return held, true
}
