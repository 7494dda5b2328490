package auth

import (
	"slices"
	"strings"

	"ticker/market"
)

// Patterns is a set of symbols, written as names and prefix patterns. It never
// changes; the zero Patterns is empty.
//
// What another entry covers is left out. So of the stems that are in order before a
// symbol only the last can be the beginning of it, and a look-up is a binary search.
type Patterns struct {
	names, stems []string // in order; none begins with one of the stems but itself
}

// NewPatterns makes a set of everything that one of the patterns covers.
func NewPatterns(list []market.Pattern) Patterns {
	var names, stems []string
	for _, pattern := range list {
		if pattern.Prefix() {
			stems = append(stems, stemOf(pattern))
		} else if text := pattern.String(); text != "" {
			names = append(names, text)
		}
	}
	slices.Sort(names)
	slices.Sort(stems)
	var p Patterns
	for _, stem := range stems {
		if !p.covers(stem) {
			p.stems = append(p.stems, stem)
		}
	}
	p.names = slices.DeleteFunc(slices.Compact(names), p.covers)
	return p
}

func stemOf(pattern market.Pattern) string { return strings.TrimSuffix(pattern.String(), "*") }

// Match reports whether the set has the symbol.
func (p *Patterns) Match(symbol market.Symbol) bool {
	_, named := slices.BinarySearch(p.names, string(symbol))
	return named || p.covers(string(symbol))
}

// MatchAny reports whether there may be a symbol that both the set and the pattern
// cover.
func (p *Patterns) MatchAny(pattern market.Pattern) bool {
	text := stemOf(pattern)
	if !pattern.Prefix() {
		return text != "" && p.Match(market.Symbol(text))
	}
	return p.covers(text) || anyBegins(p.stems, text) || anyBegins(p.names, text)
}

// Narrow returns names and patterns that cover what both the set and the pattern cover,
// and nothing else, in order.
func (p *Patterns) Narrow(pattern market.Pattern) []string {
	text := stemOf(pattern)
	switch {
	case !p.MatchAny(pattern):
		return nil
	case !pattern.Prefix() || p.covers(text):
		return []string{pattern.String()}
	}
	narrowed := slices.Clone(thoseThatBegin(p.names, text))
	for _, stem := range thoseThatBegin(p.stems, text) {
		narrowed = append(narrowed, stem+"*")
	}
	slices.Sort(narrowed)
	return narrowed
}

// thoseThatBegin returns the part of texts, which are in order, that begins with stem.
func thoseThatBegin(texts []string, stem string) []string {
	first, _ := slices.BinarySearch(texts, stem)
	last := first
	for last < len(texts) && strings.HasPrefix(texts[last], stem) {
		last++
	}
	return texts[first:last]
}

// covers reports whether text begins with one of the stems.
func (p *Patterns) covers(text string) bool {
	i, found := slices.BinarySearch(p.stems, text)
	return found || i > 0 && strings.HasPrefix(text, p.stems[i-1])
}

// anyBegins reports whether one of the texts, which are in order, begins with stem.
func anyBegins(texts []string, stem string) bool {
	i, _ := slices.BinarySearch(texts, stem)
	return i < len(texts) && strings.HasPrefix(texts[i], stem)
}
