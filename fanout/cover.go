package fanout

import (
	"ticker/book"
	"ticker/market"
)

// A command goes over the slots it concerns and changes their options; the
// slots that belong to another lane then, or to none, are brought there in one
// pass over all lanes by regroupLocked. So a command takes time in proportion
// to the slots of its session, and not to their square.

// addSlotLocked adds a symbol that the session had no slot for. Its newest
// record counts as produced now, and is sent, unless the client has it already.
// The mark comes before the look: a trade in between is behind a record that is
// still to be sent.
func (s *Session) addSlotLocked(c *book.Cell, sub *subscription) *slot {
	sl := slot{cell: c, sub: sub}
	sl.tape(false)
	var news bool
	if sl.sent, news = c.After(sub.since, sub.fields); news {
		sl.sent--
		sl.fresh = true
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
	s.giveLocked(sl, sub)
}

// fallBackLocked gives a slot that lost its entry to the pattern that covers
// it still, if one does. Nobody asked for a record, so none is sent again
// unless the client lacks fields that the pattern has.
func (s *Session) fallBackLocked(sl *slot) {
	sub := s.coveringLocked(sl.cell.Symbol())
	if sub != nil && sub.fields&^sl.sub.fields != 0 {
		s.refreshLocked(sl)
	}
	s.giveLocked(sl, sub)
}

// refreshLocked has the full record of a slot sent, if there is one. A record that
// was sent before counts as produced again, and as unsent.
func (s *Session) refreshLocked(sl *slot) {
	seq := sl.cell.Seq()
	if sl.fresh = seq > 0; sl.fresh && sl.sent == seq {
		sl.sent--
		s.ledger.again()
	}
}

// giveLocked gives a slot its new options; none ends it.
func (s *Session) giveLocked(sl *slot, sub *subscription) {
	if sub == nil || sub.lane != sl.sub.lane {
		s.astray = true
	}
	sl.sub = sub
	sl.tape(false)
}

// tape begins or ends the reading of the trades of a slot, as its options say:
// from now on, or from the first trade on if that was taped.
func (sl *slot) tape(fromFirst bool) {
	wanted := sl.sub != nil && sl.sub.envelope
	switch {
	case wanted && !sl.mark.Set():
		sl.mark = sl.cell.Mark(fromFirst)
	case !wanted && sl.mark.Set():
		sl.cell.Unmark(sl.mark)
		sl.mark = book.Mark{}
	}
}

// tapeNewcomersLocked tells the book whether the trades of new symbols are wanted.
func (s *Session) tapeNewcomersLocked() {
	wanted := false
	for _, sub := range s.patterns.byStem {
		wanted = wanted || sub.envelope
	}
	switch {
	case wanted && !s.taping:
		s.hub.book.TapeNewcomers(1)
	case !wanted && s.taping:
		s.hub.book.TapeNewcomers(-1)
	}
	s.taping = wanted
}

// regroupLocked brings the slots that stand in the wrong lane to the right one,
// and ends those without options.
func (s *Session) regroupLocked() {
	if !s.astray {
		return
	}
	s.astray = false
	var moving []slot
	for _, l := range s.lanes {
		staying := l.slots[:0]
		for _, sl := range l.slots {
			switch {
			case sl.sub == nil:
				s.dropLocked(&sl)
			case sl.sub.lane == l:
				staying = append(staying, sl)
			default:
				sl.disarm()
				moving = append(moving, sl)
			}
		}
		clear(l.slots[len(staying):])
		l.slots, l.sorted = staying, len(staying)
	}
	for _, sl := range moving {
		to := sl.sub.lane
		to.slots = append(to.slots, sl)
		to.safe = 0 // the slot may wait for something older
	}
	s.sortSlotsLocked()
}

// dropLocked ends the delivery of a symbol. What it was not sent counts as
// conflated.
func (s *Session) dropLocked(sl *slot) {
	sl.disarm()
	seq := sl.cell.Seq()
	s.ledger.closed(sl.sent, seq)
	s.hub.metrics.conflated.Add(seq - sl.sent)
}

func (s *Session) sortSlotsLocked() {
	for _, l := range s.lanes {
		l.sortLocked()
	}
}

// addPatternsLocked adds patterns, or replaces their options, and gives them
// the symbols that no name and no longer pattern covers.
func (s *Session) addPatternsLocked(added []market.Pattern, options *subscription) {
	if len(added) == 0 {
		return
	}
	for _, p := range added {
		if old := s.patterns.get(p); old != nil {
			old.lane.patterns--
		} else {
			s.hub.cfg.Audience.Watch(p.String())
		}
		sub := *options
		sub.pattern, sub.source = p, options
		s.patterns.put(&sub)
		sub.lane.patterns++
	}
	s.tapeNewcomersLocked() // before the roster is read: who is not in it is new
	for _, c := range s.hub.book.Roster().From(0) {
		if sub := s.coveringLocked(c.Symbol()); sub != nil && sub.source == options {
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

// catchUpLocked gives symbols that appeared since the last time to the
// patterns that cover them. All they ever were is news to the session.
func (s *Session) catchUpLocked() {
	roster := s.hub.book.Roster()
	if s.patterns.len() == 0 {
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
		sl := slot{cell: c, sub: sub}
		sl.tape(true)
		sub.lane.slots = append(sub.lane.slots, sl)
		if sub.lane.wake() {
			s.hub.ready.add(sub.lane)
		}
	}
	s.sortSlotsLocked()
}

// removePatternsLocked removes those patterns that are there.
func (s *Session) removePatternsLocked(gone []market.Pattern) {
	removed := make(map[*subscription]bool)
	for _, p := range gone {
		if sub := s.patterns.get(p); sub != nil {
			removed[sub] = true
			sub.lane.patterns--
			s.patterns.remove(p)
			s.hub.cfg.Audience.Leave(p.String())
		}
	}
	if len(removed) == 0 {
		return
	}
	for _, l := range s.lanes {
		for i := range l.slots {
			if sl := &l.slots[i]; removed[sl.sub] {
				s.fallBackLocked(sl)
			}
		}
	}
}

func (s *Session) removeNameLocked(sl *slot) {
	c := sl.cell
	sl.named = false
	s.names--
	if c.Seq() > 0 {
		s.fallBackLocked(sl)
	} else {
		s.giveLocked(sl, nil) // a pattern has it when it appears
	}
	s.hub.cfg.Audience.Leave(string(c.Symbol()))
	s.hub.book.Release(c)
}
