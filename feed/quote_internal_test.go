package feed

import (
	"fmt"
	"testing"

	"ticker/market"
)

func TestParserRemembersABoundedNumberOfSymbols(t *testing.T) {
	t.Parallel()
	var p QuoteParser
	var u market.Update
	for i := range 3 * maxSymbols {
		want := market.Symbol(fmt.Sprintf("SYM%d", i%(maxSymbols+maxSymbols/2)))
		if err := p.Parse(fmt.Appendf(nil, `{"symbol":%q,"bid":1}`, want), &u); err != nil || u.Symbol != want {
			t.Fatalf("%s, %v; want %s", u.Symbol, err, want)
		}
		if len(p.symbols) > maxSymbols {
			t.Fatalf("%d symbols remembered", len(p.symbols))
		}
	}
}
