package client

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
	"ticker/wire"
)

// grants is an obvious model of modes: what the service has, in a list.
type grants []grant

type grant struct {
	pattern market.Pattern
	delta   bool
}

func (g *grants) remove(names []string) {
	*g = slices.DeleteFunc(*g, func(held grant) bool { return slices.Contains(names, held.pattern.String()) })
}

// differs asks every entry: a name beats a pattern, a longer pattern a shorter one.
func (g grants) differs(symbol market.Symbol) bool {
	var best grant
	for _, held := range g {
		longer := len(held.pattern.String()) > len(best.pattern.String())
		if held.pattern.Match(symbol) && (!held.pattern.Prefix() || longer && (best.pattern.Prefix() || best.pattern.String() == "")) {
			best = held
		}
	}
	return best.delta
}

func TestModeOfASymbolIsThatOfTheEntryThatBeatsTheOthers(t *testing.T) {
	t.Parallel()
	// Names that cover one another, up to the longest that there can be.
	longest := "AB3456789012345678901234567890AB"
	symbols := []market.Symbol{"A", "AB", "ABC", "B", market.Symbol(longest)}
	entries := []string{"*", "A*", "AB*", "ABC*", "B*", longest + "*", "A", "AB", "ABC", longest}
	rapid.Check(t, func(t *rapid.T) {
		var m modes
		var model grants
		for range rapid.IntRange(1, 20).Draw(t, "answers") {
			names := rapid.SliceOfNDistinct(rapid.SampledFrom(entries), 1, 4, rapid.ID).Draw(t, "names")
			model.remove(names)
			if rapid.Bool().Draw(t, "unsubscribe") {
				m.removed(names)
			} else {
				p := plan{names: names, options: options{delta: rapid.Bool().Draw(t, "delta")}}
				judged := make(map[string]verdict)
				for _, name := range names {
					if rapid.IntRange(0, 5).Draw(t, "rejected") == 0 {
						judged[name] = verdict{rejected: wire.CodeForbidden}
						continue
					}
					pattern, err := market.ParsePattern(name)
					if err != nil {
						t.Fatal(err)
					}
					model = append(model, grant{pattern, p.options.delta})
				}
				m.granted(&p, judged)
			}
			for _, symbol := range symbols {
				if got, want := m.differs(symbol), model.differs(symbol); got != want {
					t.Fatalf("records of %s are differences: %t, want %t by %v", symbol, got, want, model)
				}
			}
			expectCompleted(t, &m, model, symbols)
		}
	})
}

// expectCompleted wants the status named in the whole records of a batch, unless
// nothing subscribed is whole: then there are none.
func expectCompleted(t *rapid.T, m *modes, model grants, symbols []market.Symbol) {
	records := make([]wire.Record, len(symbols))
	for i, symbol := range symbols {
		records[i].Symbol = symbol
	}
	m.complete(records)
	for i := range records {
		covered := slices.ContainsFunc(model, func(g grant) bool { return g.pattern.Match(symbols[i]) })
		if named := records[i].Set.Has(market.StatusField); covered && named == model.differs(symbols[i]) {
			t.Fatalf("the status of %s is named: %t, with %v", symbols[i], named, model)
		}
	}
}

func TestStatusThatARecordNamesIsKept(t *testing.T) {
	t.Parallel()
	records := make([]wire.Record, 2)
	records[0].Status, records[0].Reason = market.Stale, market.Silent
	records[0].Set = records[0].Set.With(market.StatusField)
	records[1].Reason = market.Silent // of a status that is not there
	complete(records)
	if r := &records[0]; r.Status != market.Stale || r.Reason != market.Silent {
		t.Errorf("stale became %v (%v)", r.Status, r.Reason)
	}
	if r := &records[1]; r.Status != market.Live || r.Reason != market.NoReason || !r.Set.Has(market.StatusField) {
		t.Errorf("no status became %v (%v), fields %b", r.Status, r.Reason, r.Set)
	}
}

// mixedModes has both kinds, and records of names and of patterns.
func mixedModes() (*modes, []wire.Record) {
	m := new(modes)
	m.granted(&plan{names: []string{"*", "SYM0001"}, options: options{delta: true}}, nil)
	m.granted(&plan{names: []string{"SYM*", "SYM0002"}}, nil)
	records := make([]wire.Record, 50)
	for i := range records {
		records[i].Symbol = []market.Symbol{"SYM0001", "SYM0002", "SYM0003", "EURUSD", "BTC-USD-PERPETUAL"}[i%5]
	}
	return m, records
}

func TestModesOfABatchAreFoundWithoutAllocating(t *testing.T) {
	m, records := mixedModes()
	if allocs := testing.AllocsPerRun(100, func() { m.complete(records) }); allocs > 0 {
		t.Errorf("%v allocations a batch, want none", allocs)
	}
}

// BenchmarkModes watches that finding the modes of fifty records of a session that has
// both stays far below what parsing them takes.
func BenchmarkModes(b *testing.B) {
	m, records := mixedModes()
	b.ReportAllocs()
	for b.Loop() {
		m.complete(records)
	}
}
