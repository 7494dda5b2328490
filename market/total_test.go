package market

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func totalOf(t rapid.TB, texts ...string) Total {
	t.Helper()
	var total Total
	for _, text := range texts {
		total.Add(mustDecimal(t, text))
	}
	return total
}

func ratSum(t rapid.TB, texts ...string) *big.Rat {
	t.Helper()
	sum := new(big.Rat)
	for _, text := range texts {
		sum.Add(sum, rat(t, text))
	}
	return sum
}

// checkTotal checks a total against the rational sum of what went into it.
func checkTotal(t rapid.TB, total Total, texts ...string) {
	t.Helper()
	out, want := total.String(), ratSum(t, texts...)
	if !json.Valid([]byte(out)) {
		t.Fatalf("the sum of %v came out as %q, which is no JSON number", texts, out)
	}
	if rat(t, out).Cmp(want) != 0 {
		t.Fatalf("the sum of %v is %s, want %s", texts, out, want.RatString())
	}
}

func TestTotalAddsExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		add  []string
		want string
	}{
		{"nothing", nil, "0"},
		{"one scale", []string{"0.10", "0.20"}, "0.30"},
		{"the larger scale wins", []string{"1.5", "0.25", "3"}, "4.75"},
		{"zero changes nothing", []string{"0.00", "5", "0.000"}, "5"},
		{"carry into the second word", []string{"18446744073709551615", "1"}, "18446744073709551616"},
		{"the last sum of 38 digits", []string{"99999999999999999999999999999999999998", "1"}, nines38},
		{"the first sum of 39 digits", []string{nines38, "1"}, "1" + zeros37 + "0"},
		{"two numbers of 39 digits", []string{"1e38", "2e38"}, "3" + zeros37 + "0"},
		{"far apart", []string{"1e38", "1e-38"}, "1" + zeros37 + "0.0" + zeros37[1:] + "1"},
		{"beyond 39 digits", []string{nines38 + "0", nines38 + "0"}, "1" + nines38[1:] + "80"},
		{"negative", []string{"-1.5", "-2"}, "-3.5"},
		{"negative and wide", []string{"-" + nines38, "-0.5"}, "-" + nines38 + ".5"},
		{"both signs", []string{"1.50", "-2"}, "-0.5"},
		{"back to zero", []string{"1.5", "-1.5"}, "0"},
	} {
		total := totalOf(t, c.add...)
		if got := total.String(); got != c.want {
			t.Errorf("%s: the sum of %v is %s, want %s", c.name, c.add, got, c.want)
		}
		checkTotal(t, total, c.add...)
	}
}

func TestTotalStaysNarrowUpTo38Digits(t *testing.T) {
	t.Parallel()
	for _, add := range [][]string{{}, {"0.00", "-1.5"}, {nines38, "0.0"}, {"0", "1e38", "2e38"}, {nines38[1:], "1"}} {
		if total := totalOf(t, add...); total.wide != nil {
			t.Errorf("the sum of %v is wide", add)
		}
	}
	for _, add := range [][]string{{nines38, "1"}, {nines38, "0.1"}, {"1e38", "1"}, {"9e38", "1e38"}} {
		if total := totalOf(t, add...); total.wide == nil {
			t.Errorf("the sum of %v is not wide", add)
		}
	}
}

func TestTotalGoesOnWhereADecimalEnds(t *testing.T) {
	t.Parallel()
	narrow, wide := totalOf(t, nines38), totalOf(t, nines38, "0.1")
	wide.Add(mustDecimal(t, "0.9"))
	wide.Merge(&narrow)
	narrow.Merge(&wide)
	checkTotal(t, wide, nines38, "1", nines38)
	checkTotal(t, narrow, nines38, nines38, "1", nines38)
}

func TestACopiedTotalIsATotalOfItsOwn(t *testing.T) {
	t.Parallel()
	other := totalOf(t, nines38, "0.25")
	for _, start := range []string{"1", nines38} {
		total := totalOf(t, start, "0.5")
		added, merged := total, total
		added.Add(mustDecimal(t, "7"))
		merged.Merge(&other)
		checkTotal(t, total, start, "0.5")
		checkTotal(t, added, start, "0.5", "7")
		checkTotal(t, merged, start, "0.5", nines38, "0.25")
	}
	checkTotal(t, other, nines38, "0.25")
}

func TestTotalMergesWithItself(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"1.25", nines38 + "0"} {
		total := totalOf(t, start, "0.5")
		total.Merge(&total)
		checkTotal(t, total, start, "0.5", start, "0.5")
	}
}

func TestTotalEqualsTheRationalSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := sizes()
		if rapid.Bool().Draw(t, "any sign") {
			terms = decimals()
		}
		left := rapid.SliceOfN(terms, 0, 12).Draw(t, "left")
		right := rapid.SliceOfN(terms, 0, 12).Draw(t, "right")
		total, more := totalOf(t, left...), totalOf(t, right...)
		checkTotal(t, total, left...)
		total.Merge(&more)
		checkTotal(t, total, append(left, right...)...)
		checkTotal(t, more, right...)
		checkTotalText(t, total)
	})
}

// checkTotalText checks that a total is read as it is written.
func checkTotalText(t rapid.TB, total Total) {
	t.Helper()
	text := total.String()
	again, err := ParseTotal(text)
	if err != nil || rat(t, again.String()).Cmp(rat(t, text)) != 0 {
		t.Fatalf("the total %s is read as %s, %v", text, again, err)
	}
	fromBytes, err := ParseTotal([]byte(text))
	if err != nil || fromBytes.String() != again.String() {
		t.Fatalf("the total %s is read as %s from bytes, %v", text, fromBytes, err)
	}
}

func TestTotalsOfAnyLengthAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("9", 59) + "." + strings.Repeat("9", maxScale)
	for _, text := range []string{
		"0", "0.30", "-3.5", nines38, nines38 + "0", nines38 + "9", nines38 + ".5", "-" + nines38 + ".5",
		"1" + nines38[1:] + "80", "0." + zeros37 + "001", longest, "-" + longest,
	} {
		total, err := ParseTotal(text)
		if err != nil || total.String() != text {
			t.Errorf("ParseTotal(%q) = %s, %v", text, total, err)
		}
		checkTotalText(t, total)
		total.Add(mustDecimal(t, "0.5"))
		checkTotal(t, total, text, "0.5")
	}
	if len("-"+longest) != maxTotalBytes {
		t.Errorf("the longest total has %d bytes, the limit is %d", len("-"+longest), maxTotalBytes)
	}
}

func TestParseTotalRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"":                                       ErrDecimalSyntax,
		"1,5":                                    ErrDecimalSyntax,
		nines38 + "9x":                           ErrDecimalSyntax,
		"0" + nines38:                            ErrDecimalSyntax,
		nines38 + "_9":                           ErrDecimalSyntax,
		"1e39":                                   ErrDecimalRange,
		"0e39":                                   ErrDecimalRange,
		nines38 + "9e1":                          ErrDecimalDigits,
		nines38 + "9.5E-1":                       ErrDecimalDigits,
		"0." + zeros37[1:] + nines38 + "99":      ErrDecimalDigits,
		strings.Repeat("9", maxTotalBytes+1):     ErrDecimalDigits,
		"1" + strings.Repeat("0", maxTotalBytes): ErrDecimalRange,
	} {
		if total, err := ParseTotal(text); !errors.Is(err, want) || total != (Total{}) {
			t.Errorf("ParseTotal(%q) = %s, %v, want %v", text, total, err, want)
		}
	}
}

func TestTotalMarshalsAsANumberLiteral(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(map[string]any{"volume": totalOf(t, "0.10", "2"), "wide": totalOf(t, nines38, "0.5")})
	if want := `{"volume":2.10,"wide":` + nines38 + `.5}`; err != nil || string(got) != want {
		t.Errorf("json.Marshal gave %s, %v", got, err)
	}
}
