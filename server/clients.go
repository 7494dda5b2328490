package server

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// Why there is no room for a session.
var (
	errFull     = errors.New("the server has all the sessions that it takes")
	errDraining = errors.New("the server is about to end")
)

// clients are the sessions of a server.
type clients struct {
	limit int
	group sync.WaitGroup // of places, and of goroutines of sessions

	mu       sync.Mutex
	draining bool
	places   int    // taken by sessions, and by handshakes that may become one
	last     uint64 // number of a session
	live     map[uint64]*client
}

func newClients(limit int) *clients {
	return &clients{limit: limit, live: make(map[uint64]*client)}
}

// reserve takes a place. Once stop was called there is none.
func (g *clients) reserve() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return errDraining
	case g.places >= g.limit:
		return errFull
	}
	g.places++
	g.group.Add(1)
	return nil
}

// release gives a place back.
func (g *clients) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.places--
	g.group.Done()
}

// start runs a session on a place that was reserved for it.
func (g *clients) start(c *client) {
	g.mu.Lock()
	g.last++
	c.number = g.last
	g.live[c.number] = c
	late := g.draining
	g.mu.Unlock()
	g.group.Go(c.run)
	if late {
		c.end(endGoingAway())
	}
}

// remove forgets a session that has ended, and gives its place back.
func (g *clients) remove(c *client) {
	g.mu.Lock()
	delete(g.live, c.number)
	g.mu.Unlock()
	g.release()
}

// find returns those of a list of sessions that are still there.
func (g *clients) find(numbers []uint64) []*client {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := make([]*client, 0, len(numbers))
	for _, n := range numbers {
		if c, ok := g.live[n]; ok {
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

func (g *clients) all() []*client {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Values(g.live))
}

// wait waits, after stop, until every session and its goroutines have ended.
func (g *clients) wait() { g.group.Wait() }
