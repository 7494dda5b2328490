package bitstamp

import (
	"strings"

	"ticker/feed/internal/venue"
	"ticker/market"
)

// rules are how Bitstamp writes names, for those that it does not list.
func rules() venue.Rules {
	return venue.Rules{Canonical: names{quotes: quotes()}.canonical, Native: native}
}

// quotes returns the assets that Bitstamp quotes prices in, longer ones first.
func quotes() []string {
	return strings.Fields("PYUSD RLUSD USDT USDC EURC USD EUR GBP BTC ETH PAX")
}

// names maps Bitstamp's names to canonical ones.
type names struct {
	quotes []string
}

func (n names) canonical(native string) string {
	pair, contract, dated := strings.Cut(strings.ToUpper(native), "-")
	if base, quote, ok := venue.Split(pair, n.quotes); ok {
		pair = base + "-" + quote
	}
	if dated {
		return pair + "-" + contract
	}
	return pair
}

// native returns the name that Bitstamp gives to a symbol: BTC-USD is btcusd,
// BTC-USD-PERP is btcusd-perp.
func native(symbol market.Symbol) string {
	return strings.ToLower(strings.Replace(string(symbol), "-", "", 1))
}
