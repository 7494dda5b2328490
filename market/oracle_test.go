package market

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// jsonNumber is the grammar of RFC 8259, section 6.
var jsonNumber = regexp.MustCompile(`^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$`)

// judge says what ParseDecimal has to answer, the slow and obvious way.
func judge(text string) error {
	parts := jsonNumber.FindStringSubmatch(text)
	if parts == nil {
		return ErrDecimalSyntax
	}
	whole, digits := parts[2], parts[2]+parts[3]
	unled := strings.TrimLeft(digits, "0")
	if len(strings.TrimRight(unled, "0")) > MaxDigits {
		return ErrDecimalDigits
	}
	exponent := 0
	if parts[4] != "" {
		var err error
		exponent, err = strconv.Atoi(parts[4])
		if err != nil || exponent > MaxExponent || exponent < -MaxExponent {
			return ErrDecimalRange
		}
	}
	first := len(whole) - 1 - (len(digits) - len(unled)) + exponent
	if unled != "" && (first > MaxExponent || first < -MaxExponent) {
		return ErrDecimalRange
	}
	return nil
}

// plain reports whether String has to give back text itself: no exponent, no
// negative zero, no more digits than a Decimal carries.
func plain(text string) bool {
	digits := len(strings.Trim(text, "-")) - strings.Count(text, ".")
	zero := strings.Trim(text, "-0.") == ""
	return !strings.ContainsAny(text, "eE") && digits <= MaxDigits && !(zero && text[0] == '-')
}

// rat returns the value of a number that ParseDecimal accepts.
func rat(t rapid.TB, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("big.Rat does not read %q", text)
	}
	return r
}

func mustDecimal(t rapid.TB, text string) Decimal {
	t.Helper()
	d, err := ParseDecimal(text)
	if err != nil {
		t.Fatalf("ParseDecimal(%q) = %v", text, err)
	}
	return d
}

// numbers draws JSON numbers around every limit: long and short, with and
// without a point and an exponent, rich in zeros.
func numbers() *rapid.Generator[string] {
	run := func(low int) *rapid.Generator[string] {
		return rapid.OneOf(
			rapid.StringMatching("[0-9]{"+strconv.Itoa(low)+",6}"),
			rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), low, 45, -1),
			rapid.StringOfN(rapid.RuneFrom([]rune("00000009")), low, 80, -1),
		)
	}
	return rapid.Custom(func(t *rapid.T) string {
		text := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
		text += trimZeros(run(1).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "has fraction") {
			text += "." + run(1).Draw(t, "fraction")
		}
		if rapid.IntRange(0, 3).Draw(t, "has exponent") == 0 {
			text += rapid.SampledFrom([]string{"e", "E", "e+", "E-", "e-0"}).Draw(t, "e")
			text += strconv.Itoa(rapid.IntRange(0, 45).Draw(t, "exponent"))
		}
		return text
	})
}

// trimZeros removes the zeros that a JSON number may not begin with.
func trimZeros(whole string) string {
	if rest := strings.TrimLeft(whole, "0"); rest != "" {
		return rest
	}
	return "0"
}

// decimals draws numbers that ParseDecimal accepts, with their text.
func decimals() *rapid.Generator[string] {
	return numbers().Filter(func(text string) bool { return judge(text) == nil })
}

// sizes draws decimals that are not negative, of like scale, as a feed has them.
func sizes() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[1-9][0-9]{0,5}(\.[0-9]{1,8})?`),
		rapid.StringMatching(`0\.0{0,30}[0-9]{1,8}`),
		rapid.StringMatching(`[1-9][0-9]{0,37}`),
		rapid.StringMatching(`[1-9][0-9]{18}\.[0-9]{1,19}`),
	)
}
