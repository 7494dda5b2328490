package venue

import (
	"maps"
	"sync/atomic"

	"ticker/market"
)

// Listing is one symbol that a venue trades.
type Listing struct {
	// Native is the venue's own name, as its stream wants it.
	Native string
	Symbol market.Symbol
}

// Rules are how a venue names symbols, for those that nobody listed.
type Rules struct {
	// Canonical returns our name for a name of the venue.
	Canonical func(native string) string
	// Native returns the venue's name for one of ours.
	Native func(symbol market.Symbol) string
}

// Directory maps the names of a venue to ours and back. What the configuration
// says goes before what the venue lists, which goes before the rules. It may be
// used by several goroutines.
type Directory struct {
	rules  Rules
	given  index
	listed atomic.Pointer[index]
}

// index is a map in both directions.
type index struct {
	symbols map[string]market.Symbol
	natives map[market.Symbol]string
}

func newIndex(size int) index {
	return index{make(map[string]market.Symbol, size), make(map[market.Symbol]string, size)}
}

func (x *index) add(native string, symbol market.Symbol) {
	x.symbols[native], x.natives[symbol] = symbol, native
}

// NewDirectory returns a Directory of the rules and of the names that were given
// by the venue's own.
func NewDirectory(rules Rules, given map[string]market.Symbol) *Directory {
	d := &Directory{rules: rules, given: newIndex(len(given))}
	for native, symbol := range given {
		d.given.add(native, symbol)
	}
	return d
}

// List replaces what the venue lists. Where two of its names have one symbol, the
// first has it.
func (d *Directory) List(listings []Listing) {
	x := newIndex(len(listings))
	for _, l := range listings {
		if _, taken := x.natives[l.Symbol]; !taken {
			x.add(l.Native, l.Symbol)
		}
	}
	d.listed.Store(&x)
}

// Listed reports whether the venue's list is known.
func (d *Directory) Listed() bool { return d.listed.Load() != nil }

// Canonical returns our name for a name of the venue, which may be no symbol.
func (d *Directory) Canonical(native string) string {
	if symbol, ok := d.given.symbols[native]; ok {
		return string(symbol)
	}
	if x := d.listed.Load(); x != nil {
		if symbol, ok := x.symbols[native]; ok {
			return string(symbol)
		}
	}
	return d.rules.Canonical(native)
}

// Native returns the venue's name for a symbol. ok is false if the venue is known
// not to have it.
func (d *Directory) Native(symbol market.Symbol) (native string, ok bool) {
	if native, ok = d.given.natives[symbol]; ok {
		return native, true
	}
	if x := d.listed.Load(); x != nil {
		native, ok = x.natives[symbol]
		if _, renamed := d.given.symbols[native]; renamed {
			return "", false // it has another name here
		}
		return native, ok
	}
	native = d.rules.Native(symbol)
	return native, native != ""
}

// Matching returns the venue's names of what a pattern covers, by symbol: of the
// names that were given, and of what the venue lists.
func (d *Directory) Matching(p market.Pattern) map[market.Symbol]string {
	found := make(map[market.Symbol]string)
	if x := d.listed.Load(); x != nil {
		for symbol, native := range x.natives {
			if _, renamed := d.given.symbols[native]; !renamed && p.Match(symbol) {
				found[symbol] = native
			}
		}
	}
	maps.Copy(found, d.givenMatching(p))
	return found
}

func (d *Directory) givenMatching(p market.Pattern) map[market.Symbol]string {
	found := make(map[market.Symbol]string)
	for symbol, native := range d.given.natives {
		if p.Match(symbol) {
			found[symbol] = native
		}
	}
	return found
}
