package venue

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"ticker/feed"
	"ticker/market"
)

func TestNamesAreWorkedOutOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	n := NewNames(func(native string) string {
		asked++
		return strings.ToUpper(native)
	})
	for range 3 {
		if symbol, err := n.Symbol([]byte("abc")); symbol != "ABC" || err != nil {
			t.Fatalf("got %q, %v", symbol, err)
		}
	}
	if asked != 1 {
		t.Errorf("worked out %d times", asked)
	}
}

func TestNamesThatAreNoSymbolsAreRefusedAndNotKept(t *testing.T) {
	t.Parallel()
	n := NewNames(func(native string) string { return native })
	for _, native := range []string{"", "abc", "A B", "Ä", strings.Repeat("A", market.MaxSymbolBytes+1), strings.Repeat("A", 1<<20)} {
		if symbol, err := n.Symbol([]byte(native)); !errors.Is(err, feed.ErrSymbol) || symbol != "" {
			t.Errorf("%.40q gave %q, %v", native, symbol, err)
		}
	}
	if len(n.known) != 0 {
		t.Errorf("kept %d of them", len(n.known))
	}
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	n := NewNames(func(native string) string { return native })
	for i := range maxNames + 100 {
		native := strconv.Itoa(i)
		if symbol, err := n.Symbol([]byte(native)); string(symbol) != native || err != nil {
			t.Fatalf("%s gave %q, %v", native, symbol, err)
		}
	}
	if len(n.known) != maxNames {
		t.Errorf("remembers %d names", len(n.known))
	}
}

func TestSplitTakesTheFirstQuoteAssetThatFits(t *testing.T) {
	t.Parallel()
	quotes := []string{"USDT", "USD", "T"}
	for pair, want := range map[string]string{
		"ABCUSDT": "ABC USDT", "ABCUSD": "ABC USD", "ABCT": "ABC T", "USDTUSD": "USDT USD",
		"USDT": "USD T", "USD": "", "ABC": "", "": "",
	} {
		base, quote, ok := Split(pair, quotes)
		if got := strings.TrimSpace(base + " " + quote); got != want || ok != (want != "") {
			t.Errorf("%s was parted into %q, %v", pair, got, ok)
		}
	}
}
