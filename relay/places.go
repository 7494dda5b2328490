package relay

import (
	"sort"
	"sync"
)

// A tick is a place in the stream: the term in which it was sent, and behind it
// how many were sent in that term before. At 20 a second the lower bits last for a
// century.
const (
	tickBits = 36
	maxTerm  = 1<<(64-tickBits) - 1
	maxCount = 1<<tickBits - 1
)

func tickOf(term, count uint64) uint64 { return term<<tickBits | count }

func termOf(tick uint64) uint64 { return tick >> tickBits }

// maxPlaces is how many ticks a node remembers: 13 minutes of a book that changes in
// every round. A cursor from before that brings full records.
const maxPlaces = 16_384

// Places tells at which stamps of its own book a node was in step with which tick.
// It is what fanout.Config.Places asks for. Everything is safe for concurrent use.
type Places struct {
	mu    sync.RWMutex
	epoch string
	ring  []place // ring[(first+i)%len] by tick
	first int
	held  bool
}

// place is what the book had at a tick: all that was stamped up to least, and
// nothing that was stamped after most.
type place struct{ tick, least, most uint64 }

// NewPlaces makes the places of a node that has heard no tick yet. Epoch is that of
// its own book, which counts if nobody tells of another.
func NewPlaces(epoch string) *Places { return &Places{epoch: epoch} }

// Epoch names the life of the stream.
func (p *Places) Epoch() string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.epoch
}

// Reset begins another epoch: no tick is known in it.
func (p *Places) Reset(epoch string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch, p.ring, p.first, p.held = epoch, nil, 0, false
}

// Note notes a tick above all before it: what the book has at it was stamped up to
// least for sure, and up to most at the latest. For a follower they are the same.
func (p *Places) Note(tick, least, most uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.ring)
	if n > 0 && p.at(n-1).tick >= tick {
		return
	}
	p.held = false
	switch e := (place{tick, least, most}); {
	case n > 1 && p.at(n-1).quiet(e) && p.at(n-2).quiet(e):
		*p.at(n - 1) = e // of a quiet spell the first and the last are enough
	case n < maxPlaces:
		p.ring = append(p.ring, e)
	default:
		p.ring[p.first] = e
		p.first = (p.first + 1) % n
	}
}

// Hold has Outward return 0 until the next tick is noted: the book is about to get
// symbols that it did not have at the last one.
func (p *Places) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// at returns the place number i, oldest first.
func (p *Places) at(i int) *place { return &p.ring[(p.first+i)%len(p.ring)] }

// quiet reports whether nothing changed between two places of one term.
func (e *place) quiet(o place) bool {
	return e.least == o.least && e.most == o.most && termOf(e.tick) == termOf(o.tick)
}

// Outward returns the newest tick of which everything was stamped by safe, 0 if
// there is none.
func (p *Places) Outward(safe uint64) uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.held {
		return 0
	}
	n := sort.Search(len(p.ring), func(i int) bool { return p.at(i).most > safe })
	if n == 0 {
		return 0
	}
	return p.at(n - 1).tick
}

// Inward returns the stamp up to which whoever is at a tick has all of this book, 0
// if that is not known. A tick that a leader sent when its successor did not hear it
// any more may have had records that this book never gets.
func (p *Places) Inward(tick uint64) uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	n := sort.Search(len(p.ring), func(i int) bool { return p.at(i).tick > tick })
	if n == 0 {
		return 0
	}
	e := p.at(n - 1)
	if n < len(p.ring) && e.tick != tick && termOf(p.at(n).tick) != termOf(tick) {
		return 0
	}
	return e.least
}
