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
	group sync.WaitGroup // of places

	mu       sync.Mutex
	draining bool
	places   int // taken by sessions, and by handshakes that may become one
	live     map[*client]struct{}
}

func newClients(limit int) *clients {
	return &clients{limit: limit, live: make(map[*client]struct{})}
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
	g.live[c] = struct{}{}
	late := g.draining
	g.mu.Unlock()
	go func() { // release, at its end, is what wait waits for
		defer g.release()
		defer g.remove(c)
		c.run()
	}()
	if late {
		c.end(endGoingAway())
	}
}

func (g *clients) remove(c *client) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.live, c)
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
	return slices.Collect(maps.Keys(g.live))
}

// wait waits, after stop, until every session has ended.
func (g *clients) wait() { g.group.Wait() }
