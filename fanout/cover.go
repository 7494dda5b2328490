package fanout

import (
	"cmp"
	"slices"

	"ticker/book"
	"ticker/market"
)

// addSlotLocked adds a symbol that the session had no slot for. Its newest
// record counts as produced now, and is sent.
func (s *Session) addSlotLocked(c *book.Cell, sub *subscription) *slot {
	sl := slot{cell: c, sub: sub}
	if seq := c.Seq(); seq > 0 {
		sl.sent = seq - 1
		sl.fresh = true
		s.fresh++
	}
	s.ledger.opened(sl.sent)
	sub.lane.slots = append(sub.lane.slots, sl)
	return &sub.lane.slots[len(sub.lane.slots)-1]
}

// replaceLocked gives a slot the options of a new subscribe: its record is sent
// at once if it changed, or is wanted in another form now.
func (s *Session) replaceLocked(sl *slot, sub *subscription) {
	if sl.sub.fields != sub.fields || sl.sub.delta != sub.delta || sl.cell.Seq() != sl.sent {
		s.refreshLocked(sl)
	}
	s.moveLocked(sl, sub)
}

// fallBackLocked gives a slot that lost its entry to the pattern that covers
// it still. Nobody asked for a record, so none is sent again unless the client
// lacks fields that the pattern has.
func (s *Session) fallBackLocked(sl *slot, sub *subscription) {
	if sub.fields&^sl.sub.fields != 0 {
		s.refreshLocked(sl)
	}
	s.moveLocked(sl, sub)
}

// refreshLocked has the full record of a slot sent now, if there is one.
func (s *Session) refreshLocked(sl *slot) {
	if !sl.fresh && sl.cell.Seq() > 0 {
		sl.fresh = true
		s.fresh++
	}
}

// moveLocked gives a slot its new options, and the lane that goes with them.
func (s *Session) moveLocked(sl *slot, sub *subscription) {
	from := sl.sub.lane
	if from == sub.lane {
		sl.sub = sub
		return
	}
	moved := from.takeLocked(sl.cell)
	moved.sub = sub
	sub.lane.slots = append(sub.lane.slots, moved)
	sub.lane.sortLocked()
}

// addPatternLocked adds a pattern, or replaces its options, and gives it the
// symbols that no name and no longer pattern covers.
func (s *Session) addPatternLocked(sub *subscription) {
	if i := s.patternLocked(sub.pattern); i >= 0 {
		s.patterns[i].lane.patterns--
		s.patterns[i] = sub
	} else {
		s.patterns = append(s.patterns, sub)
		slices.SortStableFunc(s.patterns, func(a, b *subscription) int {
			return cmp.Compare(len(b.pattern.String()), len(a.pattern.String()))
		})
	}
	sub.lane.patterns++
	for _, c := range s.hub.book.Roster().From(0) {
		if s.coveringLocked(c.Symbol()) == sub {
			s.coverLocked(c, sub)
		}
	}
	s.sortSlotsLocked()
}

// coverLocked gives a symbol to a pattern, unless it is subscribed by name.
func (s *Session) coverLocked(c *book.Cell, sub *subscription) {
	switch sl := s.slotLocked(c); {
	case sl == nil:
		s.addSlotLocked(c, sub)
	case !sl.named:
		s.replaceLocked(sl, sub)
	}
}

// coveringLocked returns the longest pattern that covers a symbol, or nil.
func (s *Session) coveringLocked(symbol market.Symbol) *subscription {
	for _, sub := range s.patterns {
		if sub.pattern.Match(symbol) {
			return sub
		}
	}
	return nil
}

// catchUpLocked gives symbols that appeared since the last time to the
// patterns that cover them. All they ever were is news to the session.
func (s *Session) catchUpLocked() {
	roster := s.hub.book.Roster()
	if len(s.patterns) == 0 {
		s.known = roster.Len()
		return
	}
	if roster.Len() == s.known {
		return
	}
	newcomers := roster.From(s.known)
	s.known += uint64(len(newcomers))
	for _, c := range newcomers {
		sub := s.coveringLocked(c.Symbol())
		if sub == nil || s.slotLocked(c) != nil {
			continue
		}
		s.ledger.opened(0)
		sub.lane.slots = append(sub.lane.slots, slot{cell: c, sub: sub})
		if sub.lane.wake() {
			s.hub.ready.add(sub.lane)
		}
	}
	s.sortSlotsLocked()
}

func (s *Session) sortSlotsLocked() {
	for _, l := range s.lanes {
		l.sortLocked()
	}
}

func (s *Session) removeNameLocked(sl *slot) {
	c := sl.cell
	sl.named = false
	s.names--
	if sub := s.coveringLocked(c.Symbol()); sub != nil && c.Seq() > 0 {
		s.fallBackLocked(sl, sub)
	} else {
		s.removeSlotLocked(sl)
	}
	s.hub.book.Release(c)
}

func (s *Session) removePatternLocked(i int) {
	gone := s.patterns[i]
	s.patterns = slices.Delete(s.patterns, i, i+1)
	gone.lane.patterns--
	var covered []*book.Cell
	for j := range gone.lane.slots {
		if sl := &gone.lane.slots[j]; sl.sub == gone {
			covered = append(covered, sl.cell)
		}
	}
	for _, c := range covered {
		sl := gone.lane.findLocked(c)
		if sub := s.coveringLocked(c.Symbol()); sub != nil {
			s.fallBackLocked(sl, sub)
		} else {
			s.removeSlotLocked(sl)
		}
	}
}

// removeSlotLocked ends the delivery of a symbol. What it was not sent counts
// as conflated.
func (s *Session) removeSlotLocked(sl *slot) {
	seq := sl.cell.Seq()
	s.ledger.closed(sl.sent, seq)
	s.hub.metrics.conflated.Add(seq - sl.sent)
	if sl.fresh {
		s.fresh--
	}
	sl.sub.lane.takeLocked(sl.cell)
}
