package server

import (
	"net/netip"
	"sync"
	"time"

	"ticker/auth"
	"ticker/wire"
)

// session is one client of a server, whichever way it came. Everything but run
// may be called at any time, and does not wait.
type session interface {
	// run begins the session. Somebody calls clients.remove when it has ended.
	run()
	// send sends one message, if the way there can carry it.
	send(m wire.Message)
	// end ends the session; the first reason stands.
	end(e *ending)
	// cut closes the connection.
	cut()
	// granted returns what the session goes by, nil for everything, or for nothing yet.
	granted() *auth.Grant
}

// clients are the sessions of a server.
type clients struct {
	group sync.WaitGroup // of places, and of goroutines of sessions

	mu        sync.Mutex
	draining  bool
	places    int    // taken by sessions, and by handshakes that may become one
	last      uint64 // number of a session
	live      map[uint64]resident
	subjects  map[string]int       // places of each subject
	addresses map[netip.Prefix]int // and of each address
}

// resident is a session that lives, and what it was let in with.
type resident struct {
	session
	address netip.Prefix
	until   time.Duration // as Server.now has it; 0 for ever
}

// seat is the place of a session, or of a handshake that may become one.
type seat struct {
	clients *clients
	number  uint64       // no other session of the server has it
	address netip.Prefix // for whom it counts; the zero Prefix is nobody
	grant   *auth.Grant  // likewise
	until   time.Duration
	taken   bool // by a session, with which it is given back
}

// leave gives a place back that no session has taken.
func (p *seat) leave() {
	if !p.taken {
		p.clients.release(p.address, p.grant)
	}
}

func newClients() *clients {
	return &clients{
		live:     make(map[uint64]resident),
		subjects: make(map[string]int), addresses: make(map[netip.Prefix]int),
	}
}

// reserve takes a place for a session of an address, within limits. Once stop was called
// there is none.
func (g *clients) reserve(address netip.Prefix, limits *live) (*seat, *turnedAway) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return nil, errDraining
	case g.places >= limits.sessions:
		return nil, errFull
	case address.IsValid() && g.addresses[address] >= limits.perAddress:
		return nil, errAddress
	}
	if address.IsValid() {
		g.addresses[address]++
	}
	g.places++
	g.group.Add(1)
	g.last++
	return &seat{clients: g, number: g.last, address: address}, nil
}

// release gives a place back that was counted for an address and a grant.
func (g *clients) release(address netip.Prefix, grant *auth.Grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.delistLocked(grant)
	if address.IsValid() {
		g.addresses[address]--
		if g.addresses[address] == 0 {
			delete(g.addresses, address)
		}
	}
	g.places--
	g.group.Done()
}

// exchange counts a session under another grant. If there is no room under that it
// changes nothing, and says so with errCrowded.
func (g *clients) exchange(from, to *auth.Grant) *turnedAway {
	g.mu.Lock()
	defer g.mu.Unlock()
	if from != nil && from.Subject == to.Subject {
		return nil
	}
	if !g.enlistLocked(to) {
		return errCrowded
	}
	g.delistLocked(from)
	return nil
}

// enlistLocked counts a session of a subject, unless it has all that it may.
func (g *clients) enlistLocked(grant *auth.Grant) bool {
	if grant == nil {
		return true
	}
	if grant.MaxSessions > 0 && g.subjects[grant.Subject] >= grant.MaxSessions {
		return false
	}
	g.subjects[grant.Subject]++
	return true
}

func (g *clients) delistLocked(grant *auth.Grant) {
	if grant == nil {
		return
	}
	g.subjects[grant.Subject]--
	if g.subjects[grant.Subject] == 0 {
		delete(g.subjects, grant.Subject)
	}
}

// start runs a session on the place that was reserved for it.
func (g *clients) start(place *seat, s session) {
	late := g.enter(place, s)
	g.group.Go(s.run)
	if late {
		s.end(endGoingAway())
	}
}

// enter notes a session, which takes its place from now on, and reports whether it
// comes too late to stay.
func (g *clients) enter(place *seat, s session) (late bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	place.taken = true
	g.live[place.number] = resident{s, place.address, place.until}
	return g.draining
}

// remove forgets a session that has ended, and gives its place back.
func (g *clients) remove(number uint64) {
	g.mu.Lock()
	gone := g.live[number]
	delete(g.live, number)
	g.mu.Unlock()
	g.release(gone.address, gone.granted())
}

// find returns those of a list of sessions over WebSocket that are still there.
func (g *clients) find(numbers []uint64) []*client {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := make([]*client, 0, len(numbers))
	for _, n := range numbers {
		if c, ok := g.live[n].session.(*client); ok {
			found = append(found, c)
		}
	}
	return found
}

// stop lets nobody in any more.
func (g *clients) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
}

func (g *clients) stopped() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

func (g *clients) all() []session {
	return g.those(func(resident) bool { return true })
}

// those returns the sessions of which something is true.
func (g *clients) those(is func(resident) bool) []session {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := make([]session, 0, len(g.live))
	for _, r := range g.live {
		if is(r) {
			found = append(found, r.session)
		}
	}
	return found
}

// count returns how many places are taken.
func (g *clients) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.places
}

// wait waits, after stop, until every session and its goroutines have ended.
func (g *clients) wait() { g.group.Wait() }
