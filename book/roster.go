package book

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ticker/market"
)

// Roster lists the symbols that have data, in the order in which they first
// appeared. It only grows.
type Roster struct {
	size atomic.Uint64

	mu    sync.Mutex
	cells []*Cell
	armed []*Arm

	// sorted holds the symbols of the first len(sorted) cells by name. Old
	// slices stay as they are: Symbols hands them out.
	sorted []market.Symbol
}

// Len returns how many symbols have data, without a lock.
func (r *Roster) Len() uint64 { return r.size.Load() }

// From returns the cells that appeared after the first n.
func (r *Roster) From(n uint64) []*Cell {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cells[min(n, uint64(len(r.cells))):]
}

func (r *Roster) all() []*Cell { return r.From(0) }

// add appends a cell and returns the readers that waited for one.
func (r *Roster) add(c *Cell) []*Arm {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cells = append(r.cells, c)
	r.size.Store(uint64(len(r.cells)))
	armed := r.armed
	r.armed = nil
	return armed
}

// Arm registers a for the first symbol that appears after the first n. It
// returns false, and registers nothing, if one did already.
func (r *Roster) Arm(a *Arm, n uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if uint64(len(r.cells)) != n {
		return false
	}
	r.armed = enlist(r.armed, a, n)
	return true
}

// Disarm ends a registration, if it is one.
func (r *Roster) Disarm(a *Arm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = delist(r.armed, a)
}

// Symbols returns the symbols that begin with prefix and come after the given
// one, by name, at most limit of them, and whether there are more.
func (r *Roster) Symbols(prefix string, after market.Symbol, limit int) ([]market.Symbol, bool) {
	all := r.byName()
	start, found := slices.BinarySearch(all, max(market.Symbol(prefix), after))
	if found && after != "" && all[start] == after {
		start++
	}
	matching := all[start:]
	n := 0
	for n < len(matching) && n < limit && strings.HasPrefix(string(matching[n]), prefix) {
		n++
	}
	more := n < len(matching) && strings.HasPrefix(string(matching[n]), prefix)
	return matching[:n:n], more
}

func (r *Roster) byName() []market.Symbol {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sorted) != len(r.cells) {
		sorted := make([]market.Symbol, len(r.cells))
		for i, c := range r.cells {
			sorted[i] = c.symbol
		}
		slices.Sort(sorted)
		r.sorted = sorted
	}
	return r.sorted
}
