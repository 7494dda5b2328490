package market

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const symbolChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-"

func symbols() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(symbolChars)), 1, MaxSymbolBytes, -1)
}

func TestCanonicalSymbolsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"A", "0", "AAPL", "BTC-USD", "BRK.B", "ES_F", "NYSE:IBM", "XBT/USD", "-", strings.Repeat("Z", 32), symbolChars[:32], symbolChars[32:],
	} {
		if s, err := ParseSymbol(name); err != nil || string(s) != name {
			t.Errorf("ParseSymbol(%q) = %q, %v", name, s, err)
		}
	}
}

func TestOtherNamesAreNoSymbols(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "aapl", "AAPl", "A B", " A", "A ", "A*", "*", "A,B", "A\x00", "A\n", "Ä", "ＡＡＰＬ", "A\u202e", "A>", "A@", "A[", "\xff", strings.Repeat("Z", 33),
	} {
		if s, err := ParseSymbol(name); !errors.Is(err, ErrSymbol) || s != "" {
			t.Errorf("ParseSymbol(%q) = %q, %v", name, s, err)
		}
	}
}

func TestPatternsAreSymbolsOrStemsWithAFinalStar(t *testing.T) {
	t.Parallel()
	for text, prefix := range map[string]bool{
		"AAPL": false, "BTC-*": true, "*": true, "A*": true, strings.Repeat("Z", 32): false, strings.Repeat("Z", 32) + "*": true,
	} {
		p, err := ParsePattern(text)
		if err != nil || p.String() != text || p.Prefix() != prefix {
			t.Errorf("ParsePattern(%q) = %q, %t, %v", text, p, p.Prefix(), err)
		}
	}
}

func TestOtherTextsAreNoPatterns(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "**", "A**", "*A", "B*C", "*-*", "btc-*", "BTC *", "BTC-* ", "Ä*", "BTC-?", strings.Repeat("Z", 33), strings.Repeat("Z", 33) + "*",
	} {
		if p, err := ParsePattern(text); !errors.Is(err, ErrPattern) || p != (Pattern{}) {
			t.Errorf("ParsePattern(%q) = %q, %v", text, p, err)
		}
	}
}

func TestPatternCoversSymbols(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		symbol  Symbol
		want    bool
	}{
		{"AAPL", "AAPL", true},
		{"AAPL", "AAPLX", false},
		{"AAPL", "AAP", false},
		{"BTC-*", "BTC-USD", true},
		{"BTC-*", "BTC-", true},
		{"BTC-*", "BTC", false},
		{"BTC-*", "ETH-USD", false},
		{"*", "AAPL", true},
	} {
		p, err := ParsePattern(c.pattern)
		if got := p.Match(c.symbol); err != nil || got != c.want {
			t.Errorf("%s covers %s: %t, want %t", c.pattern, c.symbol, got, c.want)
		}
	}
}

func TestTheZeroPatternCoversNothing(t *testing.T) {
	t.Parallel()
	for _, s := range []Symbol{"", "AAPL"} {
		if (Pattern{}).Match(s) {
			t.Errorf("the zero pattern covers %q", s)
		}
	}
}

func TestPatternCoversWhatTheRegularExpressionDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		symbol := symbols().Draw(t, "symbol")
		// A stem of the symbol itself matches often enough to be of use.
		stem := rapid.OneOf(rapid.Just(symbol[:rapid.IntRange(0, len(symbol)).Draw(t, "cut")]), symbols()).Draw(t, "stem")
		text := stem + rapid.SampledFrom([]string{"", "*"}).Draw(t, "star")
		p, err := ParsePattern(text)
		if (err == nil) != (text != "") {
			t.Fatalf("ParsePattern(%q) = %v", text, err)
		}
		model := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$")
		if got := p.Match(Symbol(symbol)); got != model.MatchString(symbol) {
			t.Fatalf("%s covers %s: %t", text, symbol, got)
		}
	})
}

func TestEveryAcceptedSymbolIsAPatternForItselfAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(symbols(), rapid.String()).Draw(t, "name")
		other := symbols().Draw(t, "other")
		s, err := ParseSymbol(name)
		p, patternErr := ParsePattern(name)
		if err == nil && (patternErr != nil || !p.Match(s) || p.Match(Symbol(other)) != (other == name)) {
			t.Fatalf("%q is a symbol, and as a pattern %q, %v", name, p, patternErr)
		}
	})
}
