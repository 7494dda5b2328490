package server

import (
	"math"
	"slices"
	"time"

	"ticker/auth"
	"ticker/fanout"
	"ticker/market"
	"ticker/wire"
)

// A nil grant allows everything: where nobody is asked who they are, all have it.

func mayRead(g *auth.Grant, symbol market.Symbol) bool { return g == nil || g.MayRead(symbol) }

func mayReadAny(g *auth.Grant, p market.Pattern) bool { return g == nil || g.MayReadAny(p) }

// mayPublish returns what judges the symbols that are published, nil for all.
func mayPublish(g *auth.Grant) func(market.Symbol) bool {
	if g == nil {
		return nil
	}
	return g.MayPublish
}

// mayPublishAny reports whether there may be a symbol that a client may publish.
func mayPublishAny(g *auth.Grant) bool {
	all, _ := market.ParsePattern("*") // which is one
	return g == nil || g.Publish.MatchAny(all)
}

// entitlementOf is what a session may have.
func entitlementOf(g *auth.Grant) fanout.Entitlement {
	if g == nil {
		return fanout.Entitlement{}
	}
	return fanout.Entitlement{Rights: g, Interval: g.Interval, Symbols: g.MaxSymbols}
}

// symbolLimit is how many names and patterns a session or a request may have.
func (s *Server) symbolLimit(g *auth.Grant) int {
	if g == nil || g.MaxSymbols == 0 {
		return s.cfg.Limits.Symbols
	}
	return min(g.MaxSymbols, s.cfg.Limits.Symbols)
}

// leastInterval is the shortest that a grant allows, 0 if it does not say.
func leastInterval(g *auth.Grant) time.Duration {
	if g == nil {
		return 0
	}
	return g.Interval
}

// checkReadable refuses names and patterns under which there is nothing that may be
// read. What is neither a name nor a pattern is left to others.
func checkReadable(g *auth.Grant, texts ...string) *wire.Error {
	for _, text := range texts {
		if p, err := market.ParsePattern(text); err == nil && !mayReadAny(g, p) {
			return refuse(wire.CodeForbidden, "%s: %v", text, fanout.ErrForbidden)
		}
	}
	return nil
}

// readable lists the symbols that begin with prefix, come after the given one and may
// be read, by name, at most limit of them, and whether there are more.
func (s *Server) readable(g *auth.Grant, prefix string, after market.Symbol, limit int) ([]market.Symbol, bool) {
	roster := s.view(g).book.Roster()
	if g == nil {
		return roster.Symbols(prefix, after, limit)
	}
	all, _ := roster.Symbols(prefix, after, math.MaxInt)
	var found []market.Symbol
	for _, symbol := range all {
		switch {
		case !g.MayRead(symbol):
		case len(found) == limit:
			return found, true
		default:
			found = append(found, symbol)
		}
	}
	return found, false
}

// narrowed returns names and patterns that cover what may be read of those that are
// asked for, each once. What is neither a name nor a pattern is left to others.
func narrowed(g *auth.Grant, texts []string) []string {
	if g == nil {
		return texts
	}
	var all []string
	for _, text := range texts {
		if p, err := market.ParsePattern(text); err == nil {
			all = append(all, g.Read.Narrow(p)...)
		} else {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readableQuotes leaves out what may not be read. It uses the list that it is given.
func readableQuotes(g *auth.Grant, quotes []market.Quote) []market.Quote {
	kept := quotes[:0]
	for _, q := range quotes {
		if mayRead(g, q.Symbol) {
			kept = append(kept, q)
		}
	}
	return kept
}
