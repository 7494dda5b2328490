package binance

import (
	"maps"
	"strings"

	"ticker/feed/internal/venue"
	"ticker/market"
)

// quotes returns the assets that Binance quotes prices in, longer ones first.
func quotes() []string {
	return strings.Fields(`
		FDUSD
		USDT USDC TUSD BUSD USDP USDS USD1 EURI IDRT BIDR BKRW BVND DOGE
		BTC ETH BNB XRP TRX SOL DOT DAI PAX UST VAI USD EUR GBP AUD BRL
		TRY RUB UAH NGN ZAR PLN RON ARS JPY MXN COP CZK IDR`)
}

// contractQuotes returns the assets of contracts with a suffix.
func contractQuotes() []string { return strings.Fields("USDT USDC USD") }

// exceptions returns the pairs whose base would lose its last letter to a
// longer quote asset.
func exceptions() []string {
	return strings.Fields(`
		BNB-USD SHIB-USD BNB-IDR
		ANT-USD APT-USD BAT-USD BNT-USD DOT-USD FET-USD GRT-USD LPT-USD USDT-USD`)
}

// names maps Binance's names to canonical ones.
type names struct {
	quotes, contracts []string
	exact             map[string]market.Symbol
}

func newNames(override map[string]market.Symbol) names {
	exact := make(map[string]market.Symbol)
	for _, pair := range exceptions() {
		exact[nativeName(pair)] = market.Symbol(pair)
	}
	maps.Copy(exact, override)
	return names{quotes: quotes(), contracts: contractQuotes(), exact: exact}
}

// nativeName returns the name that Binance gives to a pair.
func nativeName(pair string) string { return strings.Replace(pair, "-", "", 1) }

func (n names) canonical(native string) string {
	if symbol, ok := n.exact[native]; ok {
		return string(symbol)
	}
	if pair, contract, ok := strings.Cut(native, "_"); ok {
		if base, quote, ok := venue.Split(pair, n.contracts); ok {
			return base + "-" + quote + "-" + contract
		}
		return native
	}
	if base, quote, ok := venue.Split(native, n.quotes); ok {
		return base + "-" + quote
	}
	return native
}
