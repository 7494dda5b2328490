package alpaca

import (
	"maps"
	"slices"

	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// everything is Alpaca's own name for all symbols.
const everything = "*"

// rules are the names of Alpaca, which are canonical already.
func rules() venue.Rules {
	return venue.Rules{
		Canonical: func(native string) string { return native },
		Native:    func(symbol market.Symbol) string { return string(symbol) },
	}
}

// directory returns the names for a configuration. One that asks for everything
// gives it a name, as the only thing that the pattern stands for.
func directory(c *live.Config) *venue.Directory {
	given := c.Names
	if slices.Contains(c.Symbols, everything) {
		given = maps.Clone(given)
		if given == nil {
			given = make(map[string]market.Symbol)
		}
		given[everything] = everything
	}
	return venue.NewDirectory(rules(), given)
}
