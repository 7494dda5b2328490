package server

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"ticker/wire"
)

// Why there is no room for a session.
var (
	errFull     = errors.New("the server has all the sessions that it takes")
	errDraining = errors.New("the server is about to end")
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
}

func newClients(limit int) *clients {
	return &clients{limit: limit, live: make(map[uint64]session)}
}

// reserve takes a place and returns a number that no other session has. Once stop
// was called there is none.
func (g *clients) reserve() (number uint64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return 0, errDraining
	case g.places >= g.limit:
		return 0, errFull
	}
	g.places++
	g.group.Add(1)
	g.last++
	return g.last, nil
}

// release gives a place back.
func (g *clients) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.places--
	g.group.Done()
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
	delete(g.live, number)
	g.mu.Unlock()
	g.release()
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
