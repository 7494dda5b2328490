package venue

import (
	"fmt"

	"ticker/feed"
	"ticker/market"
)

const (
	// maxNames bounds the names that are remembered; the largest venue lists
	// about 4,000. Names beyond it are worked out anew each time.
	maxNames = 1 << 15
	// maxNativeBytes bounds a venue's own name, which may be longer than a
	// canonical symbol: it has what the canonical one leaves out.
	maxNativeBytes = 64
)

// Names turns the venue's own names into canonical symbols. Each is worked out
// once; after that a look-up does not allocate.
type Names struct {
	known     map[string]market.Symbol
	canonical func(native string) string
}

// NewNames returns Names that ask canonical for the symbol of a name.
func NewNames(canonical func(native string) string) Names {
	return Names{known: make(map[string]market.Symbol), canonical: canonical}
}

// Symbol returns the canonical symbol of a venue's own name. The error wraps
// feed.ErrSymbol.
func (n *Names) Symbol(native []byte) (market.Symbol, error) {
	if symbol, ok := n.known[string(native)]; ok {
		return symbol, nil
	}
	if len(native) > maxNativeBytes {
		return "", fmt.Errorf("%w: %d bytes", feed.ErrSymbol, len(native))
	}
	symbol, err := market.ParseSymbol(n.canonical(string(native)))
	if err != nil {
		return "", fmt.Errorf("%w: %w", feed.ErrSymbol, err)
	}
	if len(n.known) < maxNames {
		n.known[string(native)] = symbol
	}
	return symbol, nil
}

// Split parts a pair that is written without a separator before the first of
// the quote assets that ends it: the caller lists longer ones first. ok is
// false if none does, or if nothing is left of the base.
func Split(pair string, quotes []string) (base, quote string, ok bool) {
	for _, quote := range quotes {
		if at := len(pair) - len(quote); at > 0 && pair[at:] == quote {
			return pair[:at], quote, true
		}
	}
	return "", "", false
}
