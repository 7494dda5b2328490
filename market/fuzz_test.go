package market

import (
	"errors"
	"strings"
	"testing"
)

func FuzzParseDecimal(f *testing.F) {
	for _, text := range []string{
		"0", "-0.00", "189.98", "0.35210000", "1e38", "1E-38", "-1.5e+3", "007", ".5", "5.", "+1", "1e39", "NaN",
		nines38, nines38 + "0", nines38 + "9", "0." + zeros37 + nines38, "123456789.123456789", "1234567890123456789", "12345678901234567890",
		"0.000" + zeros37 + "e38", "100" + zeros37 + "e-38",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDecimal(text)
		if want := judge(text); !errors.Is(err, want) {
			t.Fatalf("ParseDecimal(%q) = %v, want %v", text, err, want)
		}
		if again, againErr := ParseDecimal([]byte(text)); again != d || !errors.Is(againErr, err) {
			t.Fatalf("%q parses differently as bytes: %s, %v", text, again, againErr)
		}
		if err == nil {
			checkDecimalText(t, text)
		}
	})
}

func FuzzCompareAndSum(f *testing.F) {
	f.Add("1", "1.0", "2")
	f.Add(nines38, "1.0", "1")
	f.Add(nines38+"0", "-1e-38", "0.1")
	f.Add("18446744073709551616", "18446744073709551615.9", "-0")
	f.Add("0.00", "1e38", "1e38")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, text := range []string{a, b, c} {
			if judge(text) != nil {
				return
			}
		}
		checkCompare(t, a, b)
		total, rest := totalOf(t, a, b), totalOf(t, c)
		checkTotal(t, total, a, b)
		total.Merge(&rest)
		rest.Merge(&total)
		checkTotal(t, total, a, b, c)
		checkTotal(t, rest, a, b, c, c)
	})
}

func FuzzParseTotal(f *testing.F) {
	for _, text := range []string{"0", "-1.5", "1e5", nines38 + "9", nines38 + ".5e1", "0." + zeros37 + "01", strings.Repeat("9", 59) + ".5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		total, err := ParseTotal(text)
		if judge(text) == nil || err == nil {
			if err != nil || !jsonNumber.MatchString(text) || rat(t, total.String()).Cmp(rat(t, text)) != 0 {
				t.Fatalf("ParseTotal(%q) = %s, %v", text, total, err)
			}
			checkTotalText(t, total)
		}
	})
}

func FuzzParsePattern(f *testing.F) {
	for _, text := range []string{"AAPL", "BTC-*", "*", "", "**", "a", strings.Repeat("Z", 33), "BTC/USD", "A\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		allowed := func(s string, least int) bool {
			return len(s) >= least && len(s) <= MaxSymbolBytes && strings.Trim(s, symbolChars) == ""
		}
		if s, err := ParseSymbol(text); (err == nil) != allowed(text, 1) || err == nil && string(s) != text {
			t.Fatalf("ParseSymbol(%q) = %q, %v", text, s, err)
		}
		stem, star := strings.CutSuffix(text, "*")
		p, err := ParsePattern(text)
		if (err == nil) != (allowed(text, 1) || star && allowed(stem, 0)) {
			t.Fatalf("ParsePattern(%q) = %v", text, err)
		}
		if err == nil && (p.String() != text || p.Prefix() != star || star && !p.Match(Symbol(stem))) {
			t.Fatalf("ParsePattern(%q) = %q, prefix %t", text, p, p.Prefix())
		}
	})
}
