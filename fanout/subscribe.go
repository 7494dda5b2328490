package fanout

import (
	"errors"
	"slices"
	"time"

	"ticker/book"
	"ticker/market"
)

// ErrTooManySymbols reports a subscribe that would exceed the session's limit.
var ErrTooManySymbols = errors.New("too many symbols in one session")

// Request asks for symbols.
type Request struct {
	// Symbols holds names and patterns.
	Symbols []string
	// Interval is nil for the default; it is clamped to the hub's bounds.
	Interval *time.Duration
	// Fields is the set of value fields, 0 for all.
	Fields market.Fields
	// Delta asks for changed fields only, after a first full record.
	Delta bool
	// Envelope asks for the trades behind each record, from now on.
	Envelope bool
	// Since is the cursor of an earlier session of this client: of symbols that
	// this session has not, it is sent those that changed since. A cursor that says
	// nothing, for whatever reason, is as good as none.
	Since string
}

// Subscribed is what came of a Request.
type Subscribed struct {
	// Interval is the one granted.
	Interval time.Duration
	// Subscribed is the session's whole set, names and patterns, sorted.
	Subscribed []string
	// Pending is the accepted names that have no data yet.
	Pending []string
	// Rejected is the names that are no symbols, and those the book has no
	// room for.
	Rejected []Rejected
}

// Rejected is one name that was not accepted, and why: market.ErrSymbol,
// market.ErrPattern, book.ErrFull or ErrForbidden.
type Rejected struct {
	Symbol string
	Err    error
}

// Subscribe adds subscriptions, or replaces their options. What answer makes
// of the result is sent first, then the newest record of every symbol that is
// new, or changed, or is wanted in another form now. The only error is
// ErrTooManySymbols; then nothing is changed and nothing sent.
func (s *Session) Subscribe(req Request, answer func(dst []byte, r Subscribed) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	names, patterns, rejected := s.sortOutLocked(req.Symbols)
	if s.sizeWithLocked(names, patterns) > s.mostLocked() {
		return ErrTooManySymbols
	}
	result := Subscribed{Interval: s.grantLocked(req.Interval), Rejected: rejected}
	l := s.laneLocked(result.Interval)
	options := subscription{
		lane: l, fields: req.Fields, delta: req.Delta, envelope: req.Envelope, since: s.hub.since(req.Since),
	}
	if options.fields == 0 {
		options.fields = market.AllValues
	}
	s.catchUpLocked()
	s.addPatternsLocked(patterns, &options)
	s.addNamesLocked(names, &options, &result)
	s.settleLocked()
	result.Subscribed = s.subscribedLocked()
	s.replyLocked(func(dst []byte) []byte { return answer(dst, result) })
	return nil
}

// sortOut tells names from patterns from mistakes, each once.
func sortOut(texts []string) (names []market.Symbol, patterns []market.Pattern, rejected []Rejected) {
	seen := make(map[string]bool, len(texts))
	for _, text := range texts {
		if seen[text] {
			continue
		}
		seen[text] = true
		p, err := market.ParsePattern(text)
		switch {
		case err != nil:
			rejected = append(rejected, Rejected{text, err})
		case p.Prefix():
			patterns = append(patterns, p)
		default:
			names = append(names, market.Symbol(text))
		}
	}
	return names, patterns, rejected
}

// sortOutLocked is sortOut, and takes what the client may not have for a mistake.
func (s *Session) sortOutLocked(texts []string) (names []market.Symbol, patterns []market.Pattern, rejected []Rejected) {
	names, patterns, rejected = sortOut(texts)
	names = slices.DeleteFunc(names, func(name market.Symbol) bool {
		forbidden := !s.entitled.mayRead(name)
		if forbidden {
			rejected = append(rejected, Rejected{string(name), ErrForbidden})
		}
		return forbidden
	})
	patterns = slices.DeleteFunc(patterns, func(p market.Pattern) bool {
		forbidden := !s.entitled.mayReadAny(p)
		if forbidden {
			rejected = append(rejected, Rejected{p.String(), ErrForbidden})
		}
		return forbidden
	})
	return names, patterns, rejected
}

// sizeWithLocked returns how many entries the session would have.
func (s *Session) sizeWithLocked(names []market.Symbol, patterns []market.Pattern) int {
	size := s.names + s.patterns.len()
	for _, p := range patterns {
		if s.patterns.get(p) == nil {
			size++
		}
	}
	for _, name := range names {
		if sl := s.slotLocked(s.hub.book.Find(name)); sl == nil || !sl.named {
			size++
		}
	}
	return size
}

// slotLocked returns the slot of a cell, or nil.
func (s *Session) slotLocked(c *book.Cell) *slot {
	if c == nil {
		return nil
	}
	for _, l := range s.lanes {
		if sl := l.findLocked(c); sl != nil {
			return sl
		}
	}
	return nil
}

func (s *Session) addNamesLocked(names []market.Symbol, sub *subscription, result *Subscribed) {
	for _, name := range names {
		c, err := s.hub.book.Acquire(name)
		if err != nil {
			result.Rejected = append(result.Rejected, Rejected{string(name), err})
			continue
		}
		switch sl := s.slotLocked(c); {
		case sl == nil:
			s.addSlotLocked(c, sub).named = true
			s.nameLocked(name)
		case sl.named:
			s.hub.book.Release(c)
			s.replaceLocked(sl, sub)
		default:
			sl.named = true
			s.nameLocked(name)
			s.replaceLocked(sl, sub)
		}
		if c.Seq() == 0 {
			result.Pending = append(result.Pending, string(name))
		}
	}
	s.sortSlotsLocked()
}

func (s *Session) nameLocked(name market.Symbol) {
	s.names++
	s.hub.cfg.Audience.Watch(string(name))
}

// Unsubscribe removes names and patterns; those that are not there do no harm.
// A symbol that a pattern still covers goes on under that. What answer makes
// of the remaining set is sent.
func (s *Session) Unsubscribe(symbols []string, answer func(dst []byte, subscribed []string) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	names, patterns, _ := sortOut(symbols)
	s.removePatternsLocked(patterns)
	for _, name := range names {
		if sl := s.slotLocked(s.hub.book.Find(name)); sl != nil && sl.named {
			s.removeNameLocked(sl)
		}
	}
	s.settleLocked()
	s.replyLocked(func(dst []byte) []byte { return answer(dst, s.subscribedLocked()) })
}

// settleLocked brings slots to their lanes, drops empty lanes, and has those looked at that slots came to
// or that lost a pattern: they arm themselves when there is nothing to send.
func (s *Session) settleLocked() {
	s.regroupLocked()
	s.lanes = slices.DeleteFunc(s.lanes, func(l *lane) bool {
		l.dead = len(l.slots) == 0 && l.patterns == 0
		if l.dead {
			l.disarmLocked()
		}
		return l.dead
	})
	for _, l := range s.lanes {
		if !l.started {
			l.started = true
			s.hub.ready.add(l)
		} else if l.wake() {
			s.hub.ready.add(l)
		}
	}
	s.tapeNewcomersLocked()
	s.spanLocked()
	s.countSubscriptionsLocked()
}

func (s *Session) subscribedLocked() []string {
	set := make([]string, 0, s.names+s.patterns.len())
	for _, l := range s.lanes {
		for i := range l.slots {
			if l.slots[i].named {
				set = append(set, string(l.slots[i].cell.Symbol()))
			}
		}
	}
	for _, sub := range s.patterns.byStem {
		set = append(set, sub.pattern.String())
	}
	slices.Sort(set)
	return set
}

// replyLocked sends an answer, and behind it the records that are fresh.
func (s *Session) replyLocked(answer func(dst []byte) []byte) {
	out := s.frame(s.out, answer)
	s.wroteAt = s.hub.now()
	if s.blocked {
		s.out = out
		return
	}
	w := s.hub.spare()
	defer s.hub.giveBack(w)
	out = s.gatherFreshLocked(w, out)
	s.writeOutLocked(out)
}
