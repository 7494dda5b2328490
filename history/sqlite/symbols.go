package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"

	"ticker/market"
)

// symbols gives names numbers. It knows a symbol before the transaction ends
// that brings it, so that whoever sees a part of a batch sees all of it.
type symbols struct {
	mu    sync.RWMutex
	ids   map[market.Symbol]int64
	names map[int64]market.Symbol
	next  int64
}

func loadSymbols(ctx context.Context, db *sql.DB) (*symbols, error) {
	s := &symbols{ids: make(map[market.Symbol]int64), names: make(map[int64]market.Symbol), next: 1}
	err := inTx(ctx, db, nil, func(tx *sql.Tx) error {
		var id int64
		var name market.Symbol
		return question{"SELECT id, name FROM symbols", nil}.each(ctx, tx, []any{&id, &name}, func() error {
			s.ids[name], s.names[id] = id, name
			s.next = max(s.next, id+1)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read symbols: %w", err)
	}
	return s, nil
}

// id returns the number of a symbol that there are samples of.
func (s *symbols) id(name market.Symbol) (int64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.ids[name]
	return id, ok
}

func (s *symbols) name(id int64) market.Symbol {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names[id]
}

// add gives numbers to the symbols of samples that have none, and returns these
// symbols.
func (s *symbols) add(samples []market.Sample) []market.Symbol {
	s.mu.Lock()
	defer s.mu.Unlock()
	var added []market.Symbol
	for i := range samples {
		name := samples[i].Symbol
		if _, ok := s.ids[name]; ok {
			continue
		}
		s.ids[name], s.names[s.next] = s.next, name
		s.next++
		added = append(added, name)
	}
	return added
}

// forget takes back what add gave, after the transaction failed.
func (s *symbols) forget(added []market.Symbol) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range added {
		delete(s.names, s.ids[name])
		delete(s.ids, name)
	}
}

// covered returns the numbers of the symbols that patterns cover, each once and
// in the order of their names.
func (s *symbols) covered(patterns []market.Pattern) []int64 {
	type entry struct {
		name market.Symbol
		id   int64
	}
	s.mu.RLock()
	var found []entry
	for _, p := range patterns {
		if id, ok := s.ids[market.Symbol(p.String())]; ok {
			found = append(found, entry{market.Symbol(p.String()), id})
		}
		if !p.Prefix() {
			continue
		}
		for name, id := range s.ids {
			if p.Match(name) {
				found = append(found, entry{name, id})
			}
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(found, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	var ids []int64
	for _, e := range slices.Compact(found) {
		ids = append(ids, e.id)
	}
	return ids
}
