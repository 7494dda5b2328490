package pace

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Groups are the members that each phase serves.
type Groups[M comparable] struct {
	groups []group[M]
	next   atomic.Uint64
}

type group[M comparable] struct {
	mu      sync.Mutex
	members []M
}

// NewGroups returns a group for each phase.
func NewGroups[M comparable](phases int) *Groups[M] {
	return &Groups[M]{groups: make([]group[M], phases)}
}

// Add puts a member into one of the groups, which take turns, and returns its
// phase.
func (g *Groups[M]) Add(m M) (phase int) {
	phase = int(g.next.Add(1) % uint64(len(g.groups)))
	at := &g.groups[phase]
	at.mu.Lock()
	defer at.mu.Unlock()
	at.members = append(at.members, m)
	return phase
}

// Remove takes a member out of a phase, and reports whether it was there.
func (g *Groups[M]) Remove(phase int, m M) bool {
	at := &g.groups[phase]
	at.mu.Lock()
	defer at.mu.Unlock()
	i := slices.Index(at.members, m)
	if i >= 0 {
		at.members = slices.Delete(at.members, i, i+1)
	}
	return i >= 0
}

// Visit calls serve for each member of a phase, and removes those for which it
// returns false.
func (g *Groups[M]) Visit(phase int, serve func(M) bool) {
	at := &g.groups[phase]
	at.mu.Lock()
	defer at.mu.Unlock()
	at.members = slices.DeleteFunc(at.members, func(m M) bool { return !serve(m) })
}

// Clear removes every member, and passes each to end.
func (g *Groups[M]) Clear(end func(M)) {
	for phase := range g.groups {
		g.Visit(phase, func(m M) bool {
			end(m)
			return false
		})
	}
}
