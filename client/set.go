package client

import (
	"sync"
	"time"

	"ticker/market"
	"ticker/wire"
)

// maxEntries bounds the set of subscriptions. A service that takes fewer says so.
const maxEntries = 10_000

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
	// asked says that a plan with the entry is on its way to the service.
	asked bool
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
	left      int // entries that are not settled
	granted   Granted
	bandwidth int64
	err       *wire.Error
	done      chan struct{}
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
	ceiling ceiling
}

// ceiling is the cap of what the service sends, and how far that has come.
type ceiling struct {
	bandwidth  int64 // bytes a second, 0 for no cap
	due, asked bool  // the service is to be told, is being told
	ticket     *ticket
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
		e.options, e.stage, e.asked, e.ticket, e.since = o, wanted, false, t, ""
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
		e.stage, e.asked, e.ticket = leaving, false, t
		t.left++
	}
	t.settle(nil)
	s.wake()
	return t
}

// limit wants the service to send no more than that.
func (s *set) limit(bandwidth int64) *ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &ticket{done: make(chan struct{}), left: 1}
	s.ceiling.settled(s.ceiling.bandwidth, nil)
	s.ceiling = ceiling{bandwidth: bandwidth, due: true, ticket: t}
	s.wake()
	return t
}

func (c *ceiling) settled(bandwidth int64, err *wire.Error) {
	if c.ticket != nil {
		c.ticket.bandwidth = bandwidth
		c.ticket.settle(err)
		c.ticket = nil
	}
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
			e.ticket.granted.NoEnvelope = p.plain
			e.ticket.granted.add(name, judged[name])
		}
		if judged[name].rejected != "" {
			delete(s.entries, name)
		} else {
			e.stage, e.asked = granted, false
			e.held, e.before, e.grantedAt = true, p.options, cursors
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
			e.stage, e.asked, e.options = granted, false, e.before
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

// again takes back a plan that was not carried out, to be made once more.
func (s *set) again(p *plan) {
	if p.configure != nil {
		s.configured(p, func(c *ceiling) { c.asked = false })
		return
	}
	s.each(p, func(_ string, e *entry) { e.asked = false })
}

// capped settles the cap: the one that was granted, or an error. One that was
// refused is asked for again on the next connection.
func (s *set) capped(p *plan, bandwidth int64, err *wire.Error) {
	s.configured(p, func(c *ceiling) {
		c.due, c.asked = false, false
		c.settled(bandwidth, err)
	})
}

// configured calls do if the cap is still what it was.
func (s *set) configured(p *plan, do func(c *ceiling)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ceiling.ticket == p.tickets[0] {
		do(&s.ceiling)
	}
}

// renew is told that the service no longer has these names, which it was asked
// for with one request: those that are wanted still resume from a cursor.
func (s *set) renew(names []string, since string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		e := s.entries[name]
		if e == nil {
			continue
		}
		e.held = false
		if e.stage == granted {
			e.stage, e.since = wanted, since
		}
	}
}

// rewind is told that the connection ended, after the last of so many cursors:
// the next service knows nothing of the set. An entry resumes from that cursor
// if a cursor came after its grant, for only then it was sent its first record.
func (s *set) rewind(cursor string, cursors uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ceiling.due, s.ceiling.asked = s.ceiling.bandwidth > 0, false
	if !s.ceiling.due {
		s.ceiling.settled(0, nil)
	}
	for name, e := range s.entries {
		if e.stage == leaving {
			delete(s.entries, name)
			e.settled(nil)
			continue
		}
		if e.stage == granted && cursors > e.grantedAt {
			e.since = cursor
		}
		e.stage, e.asked, e.told, e.held = wanted, false, false, false
	}
}
