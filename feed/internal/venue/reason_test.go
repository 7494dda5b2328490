package venue

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReasonsAreShortAndHarmless(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"":                               "",
		"BTC-XYZ is not a valid product": "BTC-XYZ is not a valid product",
		"a\x1b[31mb\nc\u202ed":           "a [31mb c d",
		"a\xffb":                         "ab",
		strings.Repeat("x", 1000):        strings.Repeat("x", maxReason),
		strings.Repeat("€", 1000):        strings.Repeat("€", maxReason/3),
	} {
		got := Reason(words)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("%.40q became %q", words, got)
		}
	}
}
