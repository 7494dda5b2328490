package venue

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ticker/market"
)

func newDirectory(given map[string]market.Symbol) *Directory {
	return NewDirectory(Rules{
		Canonical: strings.ToUpper,
		Native: func(s market.Symbol) string {
			if s == "NONE" {
				return ""
			}
			return strings.ToLower(string(s))
		},
	}, given)
}

func TestRulesNameWhatNobodyListed(t *testing.T) {
	t.Parallel()
	d := newDirectory(nil)
	if native, ok := d.Native("AB"); native != "ab" || !ok || d.Canonical("ab") != "AB" || d.Listed() {
		t.Errorf("AB is %q, %t", native, ok)
	}
	if native, ok := d.Native("NONE"); ok {
		t.Errorf("what the rules do not name is %q", native)
	}
}

func TestTheListGoesBeforeTheRulesAndTheGivenNamesBeforeBoth(t *testing.T) {
	t.Parallel()
	d := newDirectory(map[string]market.Symbol{"xbt": "BTC", "eth": "ETHER"})
	d.List([]Listing{{"xbt", "XBT"}, {"eth", "ETH"}, {"sol", "SOL"}, {"sol2", "SOL"}})
	for native, want := range map[string]string{"xbt": "BTC", "eth": "ETHER", "sol": "SOL", "doge": "DOGE"} {
		if got := d.Canonical(native); got != want {
			t.Errorf("%s is %s, want %s", native, got, want)
		}
	}
	for symbol, want := range map[market.Symbol]string{"BTC": "xbt", "ETHER": "eth", "SOL": "sol", "ETH": "", "XBT": "", "DOGE": ""} {
		if got, ok := d.Native(symbol); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %t, want %q", symbol, got, ok, want)
		}
	}
}

func TestPatternsMatchWhatIsListedAndGiven(t *testing.T) {
	t.Parallel()
	d := newDirectory(map[string]market.Symbol{"xbt": "BTC"})
	all, err := market.ParsePattern("*")
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Matching(all); len(got) != 1 || got["BTC"] != "xbt" {
		t.Errorf("without a list: %v", got)
	}
	d.List([]Listing{{"xbt", "XBT"}, {"eth", "ETH"}})
	got := slices.Sorted(maps.Values(d.Matching(all)))
	if !slices.Equal(got, []string{"eth", "xbt"}) {
		t.Errorf("with a list: %v", got)
	}
}
