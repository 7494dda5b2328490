package okx

import (
	"ticker/feed/internal/venue"
	"ticker/market"
)

// rules are the names of OKX, which are canonical already.
func rules() venue.Rules {
	return venue.Rules{
		Canonical: func(native string) string { return native },
		Native:    func(symbol market.Symbol) string { return string(symbol) },
	}
}
