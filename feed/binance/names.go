package binance

import (
	"strings"

	"ticker/feed/internal/venue"
	"ticker/market"
)

// rules are how Binance writes names, for those that it does not list.
func rules() venue.Rules {
	return venue.Rules{Canonical: newNames().canonical, Native: native}
}

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
func exceptions() []market.Symbol {
	return []market.Symbol{
		"BNB-USD", "SHIB-USD", "BNB-IDR",
		"ANT-USD", "APT-USD", "BAT-USD", "BNT-USD", "DOT-USD", "FET-USD", "GRT-USD", "LPT-USD", "USDT-USD",
	}
}

// names maps Binance's names to canonical ones.
type names struct {
	quotes, contracts []string
	exact             map[string]market.Symbol
}

func newNames() names {
	exact := make(map[string]market.Symbol)
	for _, pair := range exceptions() {
		exact[native(pair)] = pair
	}
	return names{quotes: quotes(), contracts: contractQuotes(), exact: exact}
}

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

// native returns the name that Binance gives to a symbol: BTC-USDT is BTCUSDT,
// BTC-USDT-240628 is BTCUSDT_240628.
func native(symbol market.Symbol) string {
	base, quote, _ := strings.Cut(string(symbol), "-")
	return base + strings.Replace(quote, "-", "_", 1)
}
