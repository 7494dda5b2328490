package binance

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
)

func TestNamesArePartedBeforeTheQuoteAsset(t *testing.T) {
	t.Parallel()
	n := newNames()
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
	n := newNames()
	for _, pair := range exceptions() {
		if got := n.canonical(native(pair)); got != string(pair) {
			t.Errorf("%s became %s", native(pair), got)
		}
	}
}

func TestEveryNameSurvivesTheWayThereAndBack(t *testing.T) {
	t.Parallel()
	rules := rules()
	for symbol, want := range map[market.Symbol]string{
		"BTC-USDT": "BTCUSDT", "BTC-USDT-240628": "BTCUSDT_240628", "BNB-USD-PERP": "BNBUSD_PERP", "NEWCOINXYZ": "NEWCOINXYZ",
	} {
		if got := rules.Native(symbol); got != want {
			t.Errorf("%s is %s at Binance, want %s", symbol, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		pair := rapid.OneOf(rapid.SampledFrom(quotes()), rapid.StringMatching(`[A-Z0-9]{1,8}`))
		name := rapid.StringMatching(`[A-Z0-9]{0,8}`).Draw(t, "base") + pair.Draw(t, "quote") +
			rapid.StringMatching(`(_[A-Z0-9]{1,6})?`).Draw(t, "contract")
		symbol, err := market.ParseSymbol(rules.Canonical(name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := rules.Native(symbol); got != name {
			t.Errorf("%s became %s became %s", name, symbol, got)
		}
	})
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
