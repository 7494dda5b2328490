package server

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"ticker/auth"
	"ticker/wire"
)

// Why there is no room for a session.
var (
	errFull     = errors.New("the server has all the sessions that it takes")
	errDraining = errors.New("the server is about to end")
	errCrowded  = errors.New("the credential has all the sessions that it allows")
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
	limit int
	group sync.WaitGroup // of places, and of goroutines of sessions

	mu       sync.Mutex
	draining bool
	places   int    // taken by sessions, and by handshakes that may become one
	last     uint64 // number of a session
	live     map[uint64]session
	subjects map[string]int // places of each subject
}

func newClients(limit int) *clients {
	return &clients{limit: limit, live: make(map[uint64]session), subjects: make(map[string]int)}
}

// reserve takes a place for a session with a grant, and returns a number that no other
// session has. Once stop was called there is none.
func (g *clients) reserve(grant *auth.Grant) (number uint64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return 0, errDraining
	case g.places >= g.limit:
		return 0, errFull
	case !g.enlistLocked(grant):
		return 0, errCrowded
	}
	g.places++
	g.group.Add(1)
	g.last++
	return g.last, nil
}

// release gives the place of a session with a grant back.
func (g *clients) release(grant *auth.Grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.delistLocked(grant)
	g.places--
	g.group.Done()
}

// exchange counts a session under another grant. If there is no room under that it
// changes nothing, and the error is errCrowded.
func (g *clients) exchange(from, to *auth.Grant) error {
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

// start runs a session under the number that was reserved for it.
func (g *clients) start(number uint64, s session) {
	late := g.enter(number, s)
	g.group.Go(s.run)
	if late {
		s.end(endGoingAway())
	}
}

// enter notes a session, and reports whether it comes too late to stay.
func (g *clients) enter(number uint64, s session) (late bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.live[number] = s
	return g.draining
}

// remove forgets a session that has ended, and gives its place back.
func (g *clients) remove(number uint64) {
	g.mu.Lock()
	grant := g.live[number].granted()
	delete(g.live, number)
	g.mu.Unlock()
	g.release(grant)
}

// find returns those of a list of sessions over WebSocket that are still there.
func (g *clients) find(numbers []uint64) []*client {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := make([]*client, 0, len(numbers))
	for _, n := range numbers {
		if c, ok := g.live[n].(*client); ok {
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
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Values(g.live))
}

// wait waits, after stop, until every session and its goroutines have ended.
func (g *clients) wait() { g.group.Wait() }
