package client

import (
	"strings"

	"ticker/market"
	"ticker/wire"
)

// modes knows which records of a session are whole and which are differences. It has what
// the service answered for, and is told that between the records before and those after
// an answer, by the goroutine that reads both. What the set wants is newer than that.
type modes struct {
	delta  map[string]bool // of each name and pattern that the service has
	deltas int             // how many of them
	stems  uint64          // bit n is set once a pattern has had n bytes before its star
}

// granted notes what became of a subscribe.
func (m *modes) granted(p *plan, judged map[string]verdict) {
	m.removed(p.names)
	if m.delta == nil {
		m.delta = make(map[string]bool)
	}
	for _, name := range p.names {
		if judged[name].rejected != "" {
			continue
		}
		m.delta[name] = p.options.delta
		if p.options.delta {
			m.deltas++
		}
		if stem, prefix := strings.CutSuffix(name, "*"); prefix {
			m.stems |= 1 << len(stem)
		}
	}
}

// removed notes that the service has these names no more.
func (m *modes) removed(names []string) {
	for _, name := range names {
		if m.delta[name] {
			m.deltas--
		}
		delete(m.delta, name)
	}
}

// complete completes those of the records that are whole. Only in a session that has
// both kinds it has to look at the symbols.
func (m *modes) complete(records []wire.Record) {
	switch m.deltas {
	case 0:
		complete(records)
	case len(m.delta):
	default:
		for i := range records {
			if !m.differs(records[i].Symbol) {
				complete(records[i : i+1])
			}
		}
	}
}

// complete has whole records name their status: the service leaves out that it is live.
func complete(records []wire.Record) {
	for i := range records {
		if r := &records[i]; !r.Set.Has(market.StatusField) {
			r.Status, r.Reason, r.Set = market.Live, market.NoReason, r.Set.With(market.StatusField)
		}
	}
}

// differs reports whether the records of a symbol are differences: a name beats a
// pattern, a longer pattern a shorter one.
func (m *modes) differs(symbol market.Symbol) bool {
	if delta, named := m.delta[string(symbol)]; named {
		return delta
	}
	var pattern [market.MaxSymbolBytes + 1]byte
	for n := copy(pattern[:market.MaxSymbolBytes], symbol); n >= 0; n-- {
		if m.stems&(1<<n) == 0 {
			continue
		}
		pattern[n] = '*'
		if delta, found := m.delta[string(pattern[:n+1])]; found {
			return delta
		}
	}
	return false
}
