package auth_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/auth"
	"ticker/market"
)

// TestPatternsAreWhatTheirEntriesCover holds the look-ups against a look through all
// entries and, for patterns, all symbols.
func TestPatternsAreWhatTheirEntriesCover(t *testing.T) {
	t.Parallel()
	symbols := allSymbols(4)
	rapid.Check(t, func(rt *rapid.T) {
		entries := rapid.SliceOfN(rapid.Custom(drawPattern), 0, 12).Draw(rt, "entries")
		set := auth.NewPatterns(entries)
		model := make(map[market.Symbol]bool)
		for _, symbol := range symbols {
			for _, entry := range entries {
				model[symbol] = model[symbol] || entry.Match(symbol)
			}
			if set.Match(symbol) != model[symbol] {
				rt.Fatalf("%s: match %v, want %v", symbol, !model[symbol], model[symbol])
			}
		}
		asked := rapid.Custom(drawPattern).Draw(rt, "asked")
		narrowed := patterns(t, set.Narrow(asked)...)
		for _, symbol := range symbols {
			if both := model[symbol] && asked.Match(symbol); narrowed.Match(symbol) != both {
				rt.Fatalf("%v for %s: match of %s %v, want %v", set.Narrow(asked), asked, symbol, !both, both)
			}
		}
		want := slices.ContainsFunc(symbols, func(s market.Symbol) bool { return model[s] && asked.Match(s) })
		if set.MatchAny(asked) != want {
			rt.Fatalf("%s: match any %v, want %v", asked, !want, want)
		}
	})
}

// drawPattern draws stems and names that often cover each other. Both are shorter
// than the longest of allSymbols.
func drawPattern(rt *rapid.T) market.Pattern {
	pattern, err := market.ParsePattern(rapid.StringMatching(`[AB]{0,3}\*|[AB]{1,3}`).Draw(rt, "pattern"))
	if err != nil {
		rt.Fatal(err)
	}
	return pattern
}

// allSymbols are the symbols of the letters A and B, up to a length.
func allSymbols(longest int) []market.Symbol {
	all := []market.Symbol{""}
	for i := 0; len(all[i]) < longest; i++ {
		all = append(all, all[i]+"A", all[i]+"B")
	}
	return all[1:]
}

func TestTheZeroPatternsAndTheZeroPatternMatchNothing(t *testing.T) {
	t.Parallel()
	var none auth.Patterns
	everything := patterns(t, "*")
	if none.Match("A") || none.MatchAny(market.Pattern{}) || everything.MatchAny(market.Pattern{}) {
		t.Error("nothing matches something")
	}
	if empty := auth.NewPatterns([]market.Pattern{{}}); empty.Match("") || empty.Match("A") {
		t.Error("a set of the zero pattern is not empty")
	}
}

func TestAskingAGrantNeverAllocates(t *testing.T) {
	grant := &auth.Grant{Read: patterns(t, "AAPL", "BTC-*", "ETH-*"), Publish: patterns(t, "TEST.*")}
	pattern, err := market.ParsePattern("BTC-U*")
	if err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(100, func() {
		_ = grant.MayRead("BTC-USD") && grant.MayReadAny(pattern) && grant.MayPublish("AAPL")
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}
