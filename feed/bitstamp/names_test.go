package bitstamp

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/market"
)

func TestPairsArePartedBeforeTheQuoteAsset(t *testing.T) {
	t.Parallel()
	rules := rules()
	for native, want := range map[string]string{
		"btcusd":      "BTC-USD",
		"usdtusd":     "USDT-USD",
		"usdteur":     "USDT-EUR",
		"btcusdt":     "BTC-USDT",
		"batbtc":      "BAT-BTC",
		"galaeur":     "GALA-EUR",
		"xlmgbp":      "XLM-GBP",
		"pyusdusd":    "PYUSD-USD",
		"xrprlusd":    "XRP-RLUSD",
		"btcusd-perp": "BTC-USD-PERP",
		"newcoin":     "NEWCOIN",
		"":            "",
	} {
		if got := rules.Canonical(native); got != want {
			t.Errorf("%s became %s, want %s", native, got, want)
		}
	}
}

func TestLongerQuoteAssetsComeFirst(t *testing.T) {
	t.Parallel()
	longerFirst := func(a, b string) int { return len(b) - len(a) }
	if table := quotes(); !slices.IsSortedFunc(table, longerFirst) {
		t.Errorf("not in order: %v", table)
	}
}

func TestEveryNameSurvivesTheWayThereAndBack(t *testing.T) {
	t.Parallel()
	rules := rules()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z0-9]{1,6}((usd|eur|usdt|pyusd)(-perp)?|x)`).Draw(t, "name")
		symbol, err := market.ParseSymbol(rules.Canonical(name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := rules.Native(symbol); got != name {
			t.Errorf("%s became %s became %s", name, symbol, got)
		}
	})
}
