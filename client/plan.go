package client

import (
	"maps"
	"math"
	"slices"

	"ticker/wire"
)

// commandBytes and markBytes estimate from above what a command has besides its
// names, and what a name has besides its text, in either codec.
const (
	commandBytes = 1024
	markBytes    = 8
)

// plan is one command: names that have all in common, and the tickets that
// they had when it was made. An entry whose ticket is another one by the time
// of the answer was changed in between, and the answer is not about it.
type plan struct {
	configure *wire.Configure // then there are no names, and one ticket
	leave     bool
	names     []string
	tickets   []*ticket
	options   options
	since     string
	// plain says that the answer comes over a transport without envelopes.
	plain bool
}

func (p *plan) body() wire.Body {
	switch {
	case p.configure != nil:
		return p.configure
	case p.leave:
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

// room is how many names a plan may have, and how many bytes they may take: each
// its length and mark more.
type room struct{ names, bytes, mark int }

// roomOf returns the room that a command has.
func roomOf(limits wire.Limits) room {
	r := room{names: maxEntries, bytes: math.MaxInt, mark: markBytes}
	if limits.MessageBytes > 0 {
		r.bytes = limits.MessageBytes - commandBytes
	}
	if limits.Symbols > 0 {
		r.names = min(r.names, limits.Symbols)
	}
	return r
}

// take takes the room that a name needs, if there is enough.
func (r *room) take(name string) bool {
	size := len(name) + r.mark
	if r.names < 1 || r.bytes < size {
		return false
	}
	r.names--
	r.bytes -= size
	return true
}

// next returns the next command that is not under way, with no more names than
// there is room for: first the cap, then what makes room, then in the order of
// the names. Whoever takes it settles it, or gives it back with again.
func (s *set) next(r room) (p plan, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := &s.ceiling; c.due && !c.asked {
		c.asked = true
		return plan{configure: &wire.Configure{Bandwidth: c.bandwidth}, tickets: []*ticket{c.ticket}}, true
	}
	for _, leave := range []bool{true, false} {
		p = plan{leave: leave}
		s.gatherLocked(&p, r)
		if len(p.names) > 0 {
			return p, true
		}
	}
	return plan{}, false
}

// gatherLocked puts names into a plan that have what its first has.
func (s *set) gatherLocked(p *plan, r room) {
	stage := wanted
	if p.leave {
		stage = leaving
	}
	for _, name := range slices.Sorted(maps.Keys(s.entries)) {
		e := s.entries[name]
		first := len(p.names) == 0
		switch {
		case e.stage != stage || e.asked:
			continue
		case first:
			p.options, p.since = e.options, e.since
		case !p.leave && (p.options != e.options || p.since != e.since):
			continue
		}
		if r.take(name) || first {
			p.names, p.tickets = append(p.names, name), append(p.tickets, e.ticket)
			e.told, e.asked = true, true
		}
	}
}
