package fanout

import (
	"errors"
	"slices"
	"time"

	"ticker/market"
)

// ErrForbidden reports a name, or a pattern, under which the client may be sent
// nothing.
var ErrForbidden = errors.New("not covered by the client's credential")

// Rights tell what a client may be sent. They never change. A call is made for each
// symbol of a pattern, with the session's lock held.
type Rights interface {
	// MayRead reports whether the client may be sent a symbol.
	MayRead(market.Symbol) bool
	// MayReadAny reports whether there may be a symbol under a pattern that the
	// client may be sent.
	MayReadAny(market.Pattern) bool
}

// Entitlement is what a client may have. The zero Entitlement is all that the hub
// allows.
type Entitlement struct {
	// Rights is nil for everything.
	Rights Rights
	// Interval is the shortest that is granted, if it is above the hub's.
	Interval time.Duration
	// Symbols is the most names and patterns, if it is above 0 and below the hub's.
	Symbols int
}

func (e *Entitlement) mayRead(symbol market.Symbol) bool {
	return e.Rights == nil || e.Rights.MayRead(symbol)
}

func (e *Entitlement) mayReadAny(p market.Pattern) bool {
	return e.Rights == nil || e.Rights.MayReadAny(p)
}

// Entitle sets what the client may have from now on. Names and patterns that it may
// not have any more are removed; what answer makes of them is sent, if that is anything.
// A pattern goes on with those of its symbols that the client may have, now perhaps more
// of them.
func (s *Session) Entitle(e Entitlement, answer func(dst []byte, removed []string) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.entitled = e
	s.catchUpLocked()
	removed := s.removeForbiddenLocked()
	s.slowDownLocked()
	s.coverAllowedLocked()
	s.settleLocked()
	s.replyLocked(func(dst []byte) []byte { return answer(dst, removed) })
}

// removeForbiddenLocked takes away what the client may not have, and returns the
// entries that it had asked for.
func (s *Session) removeForbiddenLocked() (removed []string) {
	var patterns []market.Pattern
	for _, sub := range s.patterns.byStem {
		if !s.entitled.mayReadAny(sub.pattern) {
			patterns = append(patterns, sub.pattern)
			removed = append(removed, sub.pattern.String())
		}
	}
	s.removePatternsLocked(patterns)
	for _, l := range s.lanes {
		for i := range l.slots {
			sl := &l.slots[i]
			switch symbol := sl.cell.Symbol(); {
			case s.entitled.mayRead(symbol):
			case sl.named:
				removed = append(removed, string(symbol))
				s.removeNameLocked(sl)
			default:
				s.giveLocked(sl, nil)
			}
		}
	}
	return removed
}

// coverAllowedLocked gives the patterns those of their symbols that the session has
// no slot for.
func (s *Session) coverAllowedLocked() {
	if s.patterns.len() == 0 {
		return
	}
	for _, c := range s.hub.book.Roster().From(0) {
		if sub := s.coveringLocked(c.Symbol()); sub != nil && s.slotLocked(c) == nil {
			s.addSlotLocked(c, sub)
		}
	}
	s.sortSlotsLocked()
}

// slowDownLocked brings the subscriptions of lanes that are too fast to one that is
// not.
func (s *Session) slowDownLocked() {
	slow := func(sub *subscription) {
		if sub != nil && sub.lane.pace.Interval() < s.entitled.Interval {
			sub.lane = s.laneLocked(s.entitled.Interval)
			s.astray = true
		}
	}
	for _, sub := range s.patterns.byStem {
		sub.lane.patterns--
		slow(sub)
		sub.lane.patterns++
	}
	for _, l := range slices.Clone(s.lanes) {
		for i := range l.slots {
			slow(l.slots[i].sub)
		}
	}
}

// grantLocked returns the interval for one that was asked for, nil for none.
func (s *Session) grantLocked(asked *time.Duration) time.Duration {
	return max(s.hub.cfg.Intervals.Grant(asked), s.entitled.Interval)
}

// mostLocked returns how many names and patterns the session may have.
func (s *Session) mostLocked() int {
	if most := s.entitled.Symbols; most > 0 {
		return min(most, s.hub.cfg.MaxSymbols)
	}
	return s.hub.cfg.MaxSymbols
}

// coveringLocked returns the pattern that gives the client a symbol, or nil.
func (s *Session) coveringLocked(symbol market.Symbol) *subscription {
	if !s.entitled.mayRead(symbol) {
		return nil
	}
	return s.patterns.covering(symbol)
}
