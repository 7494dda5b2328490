package client

import (
	"maps"
	"slices"
	"sync"
	"time"

	"ticker/market"
	"ticker/wire"
)

const (
	// maxEntries bounds the set of subscriptions. A service that takes fewer
	// says so.
	maxEntries = 10_000
	// commandBytes and symbolBytes estimate from above what a subscribe has
	// besides its symbols and what a symbol takes in it, in either codec.
	commandBytes = 1024
	symbolBytes  = market.MaxSymbolBytes + 8
)

// options are what the symbols of one subscribe have in common.
type options struct {
	interval        time.Duration
	fields          market.Fields
	delta, envelope bool
}

// stage is how far an entry has come.
type stage uint8

const (
	wanted  stage = iota // the service is to be told
	granted              // the service has it as it is
	leaving              // the service is to be told that it is wanted no more
)

// entry is one symbol or pattern of the set.
type entry struct {
	options options
	stage   stage
	// ticket is that of the call that waits for this entry; nil if none does.
	ticket *ticket
	// since is the cursor it resumes from, empty for a full record.
	since string

	// What follows is about the present connection.
	told      bool    // the service may know the name
	held      bool    // the service has it, with the options before
	before    options // what was granted last
	grantedAt uint64  // how many cursors had come then
}

// settled ends the wait for the entry.
func (e *entry) settled(err *wire.Error) {
	if e.ticket != nil {
		e.ticket.settle(err)
		e.ticket = nil
	}
}

// ticket is one call that waits for some entries. The lock of the set guards
// it until done is closed.
type ticket struct {
	left    int // entries that are not settled
	granted Granted
	err     *wire.Error
	done    chan struct{}
}

func (t *ticket) settle(err *wire.Error) {
	if err != nil {
		t.err = err
	}
	if t.left--; t.left == 0 {
		close(t.done)
	}
}

// set is what a client wants, and how much of it the service knows. Those who
// want something change it; one goroutine of the session takes the next plan
// from it, sends that, and the one that reads settles it.
type set struct {
	changed chan struct{} // of capacity 1: there may be something to do

	mu      sync.Mutex
	entries map[string]*entry
}

func newSet() *set {
	return &set{changed: make(chan struct{}, 1), entries: make(map[string]*entry)}
}

func (s *set) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// add wants the names, with these options. It fails if there are too many.
func (s *set) add(names []string, o options) (*ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &ticket{done: make(chan struct{}), left: len(names)}
	fresh := 0
	for _, name := range names {
		if s.entries[name] == nil {
			fresh++
		}
	}
	if len(s.entries)+fresh > maxEntries {
		return nil, &wire.Error{Code: wire.CodeTooManySymbols, Message: "the set of subscriptions is full"}
	}
	for _, name := range names {
		e := s.entries[name]
		if e == nil {
			e = new(entry)
			s.entries[name] = e
		}
		e.settled(nil) // whoever waited is superseded
		if e.stage == leaving {
			e.held = false
		}
		e.options, e.stage, e.ticket, e.since = o, wanted, t, ""
	}
	s.wake()
	return t, nil
}

// remove wants the names no more.
func (s *set) remove(names []string) *ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &ticket{done: make(chan struct{}), left: 1}
	for _, name := range names {
		e := s.entries[name]
		if e == nil {
			continue
		}
		e.settled(nil)
		if !e.told {
			delete(s.entries, name)
			continue
		}
		e.stage, e.ticket = leaving, t
		t.left++
	}
	t.settle(nil)
	s.wake()
	return t
}

// plan is one command: names that have all in common, and the tickets that
// they had when it was made. An entry whose ticket is another one by the time
// of the answer was changed in between, and the answer is not about it.
type plan struct {
	leave   bool
	names   []string
	tickets []*ticket
	options options
	since   string
}

func (p *plan) body() wire.Body {
	if p.leave {
		return &wire.Unsubscribe{Symbols: p.names}
	}
	return &wire.Subscribe{
		Symbols:  p.names,
		Interval: p.options.interval,
		Fields:   p.options.fields,
		Delta:    p.options.delta,
		Envelope: p.options.envelope,
		Since:    p.since,
	}
}

// next returns the next command, of no more names than the limits allow: first
// what makes room, then in the order of the names.
func (s *set) next(limits wire.Limits) (p plan, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, leave := range []bool{true, false} {
		p = plan{leave: leave}
		s.gatherLocked(&p, namesOf(limits))
		if len(p.names) > 0 {
			return p, true
		}
	}
	return plan{}, false
}

// gatherLocked puts names into a plan that have what its first has.
func (s *set) gatherLocked(p *plan, limit int) {
	stage := wanted
	if p.leave {
		stage = leaving
	}
	for _, name := range slices.Sorted(maps.Keys(s.entries)) {
		e := s.entries[name]
		if e.stage != stage {
			continue
		}
		if len(p.names) == 0 {
			p.options, p.since = e.options, e.since
		}
		if len(p.names) < limit && (p.leave || p.options == e.options && p.since == e.since) {
			p.names, p.tickets = append(p.names, name), append(p.tickets, e.ticket)
			e.told = true
		}
	}
}

// namesOf returns how many names fit one command.
func namesOf(limits wire.Limits) int {
	names := maxEntries
	if limits.MessageBytes > 0 {
		names = min(names, (limits.MessageBytes-commandBytes)/symbolBytes)
	}
	if limits.Symbols > 0 {
		names = min(names, limits.Symbols)
	}
	return max(names, 1)
}

// each calls do for every entry of a plan that is still what it was.
func (s *set) each(p *plan, do func(name string, e *entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, name := range p.names {
		if e := s.entries[name]; e != nil && e.ticket == p.tickets[i] {
			do(name, e)
		}
	}
}

// grant settles a subscribe that was answered after so many cursors.
func (s *set) grant(p *plan, interval time.Duration, judged map[string]verdict, cursors uint64) {
	s.each(p, func(name string, e *entry) {
		if e.ticket != nil {
			e.ticket.granted.Interval = interval
			e.ticket.granted.add(name, judged[name])
		}
		if judged[name].rejected != "" {
			delete(s.entries, name)
		} else {
			e.stage, e.held, e.before, e.grantedAt = granted, true, p.options, cursors
		}
		e.settled(nil)
	})
}

// refuse settles a subscribe that was refused as a whole: what was granted
// before is still in force.
func (s *set) refuse(p *plan, err *wire.Error) {
	s.each(p, func(name string, e *entry) {
		if e.ticket != nil {
			e.ticket.granted.add(name, verdict{rejected: err.Code})
		}
		if e.held {
			e.stage, e.options = granted, e.before
		} else {
			delete(s.entries, name)
		}
		e.settled(err)
	})
}

// leave settles an unsubscribe.
func (s *set) leave(p *plan, err *wire.Error) {
	s.each(p, func(name string, e *entry) {
		delete(s.entries, name)
		e.settled(err)
	})
}

// rewind is told that the connection ended, after the last of so many cursors:
// the next service knows nothing of the set. An entry resumes from that cursor
// if a cursor came after its grant, for only then it was sent its first record.
func (s *set) rewind(cursor string, cursors uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, e := range s.entries {
		if e.stage == leaving {
			delete(s.entries, name)
			e.settled(nil)
			continue
		}
		if e.stage == granted && cursors > e.grantedAt {
			e.since = cursor
		}
		e.stage, e.told, e.held = wanted, false, false
	}
}
