package binance

import (
	"slices"
	"testing"

	"ticker/market"
)

func TestNamesArePartedBeforeTheQuoteAsset(t *testing.T) {
	t.Parallel()
	n := newNames(nil)
	for native, want := range map[string]string{
		"BTCUSDT":        "BTC-USDT",
		"AAVEUPUSDT":     "AAVEUP-USDT",
		"ADARUB":         "ADA-RUB",
		"BUSDTRY":        "BUSD-TRY",
		"PERLBNB":        "PERL-BNB",
		"SWRVBUSD":       "SWRV-BUSD",
		"STEEMETH":       "STEEM-ETH",
		"BTCFDUSD":       "BTC-FDUSD",
		"BTCTUSD":        "BTC-TUSD",
		"TUSDUSDT":       "TUSD-USDT",
		"1000SHIBUSDC":   "1000SHIB-USDC",
		"GALAEUR":        "GALA-EUR",
		"SHIBDOGE":       "SHIB-DOGE",
		"BTCUSDT_240628": "BTC-USDT-240628",
		"BNBUSD_PERP":    "BNB-USD-PERP",
		"USDT":           "USDT",
		"NEWCOINXYZ":     "NEWCOINXYZ",
		"BTC_TRY":        "BTC_TRY",
		"":               "",
	} {
		if got := n.canonical(native); got != want {
			t.Errorf("%s became %s, want %s", native, got, want)
		}
	}
}

func TestBasesThatEndLikeAQuoteAssetBeginsKeepTheirLastLetter(t *testing.T) {
	t.Parallel()
	n := newNames(nil)
	for _, pair := range exceptions() {
		if symbol, err := market.ParseSymbol(pair); err != nil || n.exact[nativeName(pair)] != symbol {
			t.Errorf("%s is not known by its name at Binance", pair)
		}
	}
	if got := n.canonical("BATUSD"); got != "BAT-USD" {
		t.Errorf("BATUSD became %s", got)
	}
}

func TestGivenSymbolsOverrideTheTable(t *testing.T) {
	t.Parallel()
	n := newNames(map[string]market.Symbol{"ARBUSD": "ARB-USD", "BATUSD": "BA-TUSD", "MAIN": "MAIN-INDEX"})
	for native, want := range map[string]string{"ARBUSD": "ARB-USD", "BATUSD": "BA-TUSD", "MAIN": "MAIN-INDEX"} {
		if got := n.canonical(native); got != want {
			t.Errorf("%s became %s, want %s", native, got, want)
		}
	}
}

func TestLongerQuoteAssetsComeFirst(t *testing.T) {
	t.Parallel()
	for _, table := range [][]string{quotes(), contractQuotes()} {
		longerFirst := func(a, b string) int { return len(b) - len(a) }
		if !slices.IsSortedFunc(table, longerFirst) {
			t.Errorf("not in order: %v", table)
		}
	}
}
