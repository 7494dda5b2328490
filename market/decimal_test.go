package market

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	nines38 = "99999999999999999999999999999999999999"
	zeros37 = "0000000000000000000000000000000000000"
)

func TestDecimalKeepsTheTextItWasGiven(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0", "0.0", "0.00", "7", "-7", "10", "189.98", "-3.50", "0.35210000", "-0.5", "100.00",
		"9223372036854775807", "18446744073709551615", "18446744073709551616", "10000000000000000000",
		"12345678901234567890.123456789012345678", "1." + zeros37, nines38, "-" + nines38,
		"0." + zeros37 + "1", "0." + zeros37 + nines38, "1" + zeros37 + "0", nines38 + "0", "-" + nines38 + "0",
	} {
		d, err := ParseDecimal(text)
		if err != nil || d.String() != text {
			t.Errorf("ParseDecimal(%q) = %s, %v", text, d, err)
		}
	}
}

func TestDecimalKeepsTheTextAroundEveryPowerOfTen(t *testing.T) {
	t.Parallel()
	for zeros := range MaxDigits - 1 {
		power := "1" + strings.Repeat("0", zeros)
		for _, text := range []string{
			power, "-" + power, strings.Repeat("9", zeros+1), power[:zeros] + "1",
			"1." + power, "1." + power[1:] + "9", "0." + power[1:] + "9", "1." + strings.Repeat("0", MaxDigits-2-zeros) + strings.Repeat("9", zeros+1),
		} {
			checkDecimalText(t, text)
		}
	}
}

func TestDecimalWritesExponentsOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"1e2", "100"},
		{"1E+2", "100"},
		{"1e0", "1"},
		{"1e-0", "1"},
		{"1.50e1", "15.0"},
		{"1.5e3", "1500"},
		{"15e-1", "1.5"},
		{"-1.5e-3", "-0.0015"},
		{"1e00000000000000000000000000002", "100"},
		{"1e38", "1" + zeros37 + "0"},
		{"1e-38", "0." + zeros37 + "1"},
		{"9.9999999999999999999999999999999999999e38", nines38 + "0"},
		{"9.9999999999999999999999999999999999999e-38", "0." + zeros37 + nines38},
		{"0." + zeros37 + "1e38", "1"},
		{"0e5", "0"},
		{"0e-5", "0.00000"},
	} {
		if got := mustDecimal(t, c.in).String(); got != c.want {
			t.Errorf("ParseDecimal(%q) = %s, want %s", c.in, got, c.want)
		}
	}
}

func TestNegativeZeroBecomesZero(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"-0": "0", "-0.00": "0.00", "-0e3": "0", "-0.0e-3": "0.0000"} {
		d := mustDecimal(t, in)
		if got := d.String(); got != want || d.Sign() != 0 {
			t.Errorf("ParseDecimal(%q) = %s with sign %d, want %s", in, got, d.Sign(), want)
		}
	}
}

func TestZerosBeyondTheLastPlaceAreDroppedAndNothingElse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1." + zeros37 + "000":          "1." + zeros37,
		nines38 + ".000":                nines38,
		nines38 + "0.000":               nines38 + "0",
		"1" + zeros37 + "0.00":          "1" + zeros37 + "0",
		"0." + strings.Repeat("0", 200): "0." + strings.Repeat("0", maxScale),
		"0.001" + zeros37 + "0000":      "0.001" + zeros37,
		"1000" + zeros37 + "e-10":       "1" + strings.Repeat("0", 30) + "." + strings.Repeat("0", 7),
	} {
		d, err := ParseDecimal(in)
		if err != nil || d.String() != want {
			t.Errorf("ParseDecimal(%q) = %s, %v, want %s", in, d, err, want)
		}
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	t.Parallel()
	for want, texts := range map[error][]string{
		ErrDecimalSyntax: {
			"", "-", "+1", "--1", ".5", "-.5", "5.", "1.e5", "007", "-01", "00", "00.1", "1e", "1e+", "1e-", "1e1.5",
			"1..2", "1.2.3", "1 ", " 1", "1_000", "1,5", "0x1F", "NaN", "Infinity", "-Infinity", "null", `"1"`,
			"1e5e5", "1\x00", "١", strings.Repeat("1", 50) + "x", "0" + nines38, "1" + strings.Repeat("0", 60) + ".",
		},
		ErrDecimalDigits: {
			nines38 + "9", nines38 + "90", "-" + nines38 + ".5", "1" + zeros37 + "1", "0." + zeros37 + nines38 + "1",
			"1." + zeros37 + "1e5", nines38 + "9e400", strings.Repeat("1", 1000),
		},
		ErrDecimalRange: {
			"1e39", "1e-39", "0e39", "-0e-39", "1e400", "1e-400", "1e99999999999999999999", "1e-99999999999999999999",
			"10e38", "0.1e-38", "1" + zeros37 + "00", nines38 + "00", "0." + zeros37 + "01", "0." + zeros37 + "0" + nines38,
		},
	} {
		for _, text := range texts {
			if d, err := ParseDecimal(text); !errors.Is(err, want) || d != (Decimal{}) {
				t.Errorf("ParseDecimal(%q) = %s, %v, want %v", text, d, err, want)
			}
			if _, err := ParseDecimal([]byte(text)); !errors.Is(err, want) {
				t.Errorf("ParseDecimal([]byte(%q)) = %v, want %v", text, err, want)
			}
		}
	}
}

func TestParseDecimalAgreesWithTheGrammarAndTheLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(numbers(), rapid.StringMatching(`[-+0-9.eE]{0,24}`)).Draw(t, "text")
		if _, err := ParseDecimal(text); !errors.Is(err, judge(text)) {
			t.Fatalf("ParseDecimal(%q) = %v, want %v", text, err, judge(text))
		}
	})
}

func TestDecimalStringHasTheSameValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkDecimalText(t, decimals().Draw(t, "text"))
	})
}

// checkDecimalText checks everything that is promised of one accepted text.
func checkDecimalText(t rapid.TB, text string) {
	t.Helper()
	d := mustDecimal(t, text)
	out := d.String()
	if !json.Valid([]byte(out)) || strings.ContainsAny(out, "eE") {
		t.Fatalf("%q came out as %q, which is no plain JSON number", text, out)
	}
	if rat(t, out).Cmp(rat(t, text)) != 0 {
		t.Fatalf("%q came out as %q, which is another number", text, out)
	}
	if plain(text) && out != text {
		t.Fatalf("%q came out as %q", text, out)
	}
	if again := mustDecimal(t, out); again != d {
		t.Fatalf("%q came out as %q, which parses into another Decimal", text, out)
	}
	if d.Sign() != rat(t, text).Sign() {
		t.Fatalf("%q has sign %d", text, d.Sign())
	}
}

func TestAppendToAppends(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"-189.98", "0.0035", nines38 + "0", "0." + zeros37 + nines38, "-12345678901234567890.5"} {
		got := mustDecimal(t, text).AppendTo([]byte("bid: "))
		if string(got) != "bid: "+text {
			t.Errorf("AppendTo gave %q for %s", got, text)
		}
	}
}

func TestTheLongestDecimalFillsTheTextBuffer(t *testing.T) {
	t.Parallel()
	text := "-0." + zeros37 + nines38
	if len(text) != maxTextBytes {
		t.Fatalf("the longest text has %d bytes, the buffer %d", len(text), maxTextBytes)
	}
	if got := mustDecimal(t, text).String(); got != text {
		t.Fatalf("%s came out as %s", text, got)
	}
}

func TestDecimalComparesByValue(t *testing.T) {
	t.Parallel()
	ascending := []string{
		"-" + nines38 + "0", "-" + nines38, "-100", "-1.01", "-1", "-0." + zeros37 + "1", "0", "0." + zeros37 + "1",
		"0.35209999", "0.3521", "1", "1." + zeros37[1:] + "1", "9.9", "10", "18446744073709551615", "18446744073709551616",
		nines38[1:], nines38, "1" + zeros37 + "0", nines38 + "0",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			da, db := mustDecimal(t, a), mustDecimal(t, b)
			want := big.NewInt(int64(i)).Cmp(big.NewInt(int64(j)))
			if got := da.Cmp(db); got != want || da.Equal(db) != (want == 0) {
				t.Errorf("%s compared with %s is %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestTrailingZerosDoNotMakeADecimalDiffer(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{"1": "1.00", "0": "0.000", "-3.5": "-3.500", "1e38": "1" + zeros37 + "0.0", "12e-1": "1.2"} {
		if da, db := mustDecimal(t, a), mustDecimal(t, b); !da.Equal(db) || da.Cmp(db) != 0 || db.Cmp(da) != 0 {
			t.Errorf("%s and %s differ", a, b)
		}
	}
}

func TestDecimalComparesLikeARational(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkCompare(t, decimals().Draw(t, "a"), decimals().Draw(t, "b"))
	})
}

func checkCompare(t rapid.TB, a, b string) {
	t.Helper()
	da, db := mustDecimal(t, a), mustDecimal(t, b)
	want := rat(t, a).Cmp(rat(t, b))
	if got := da.Cmp(db); got != want || db.Cmp(da) != -want || da.Equal(db) != (want == 0) {
		t.Fatalf("%s compared with %s is %d, want %d", a, b, got, want)
	}
}

func TestNewDecimalHoldsEveryInteger(t *testing.T) {
	t.Parallel()
	for _, coef := range []int64{0, 1, -1, 18998, math.MaxInt64, math.MinInt64} {
		for _, scale := range []uint8{0, 2, 19, MaxExponent} {
			want := new(big.Rat).SetFrac(big.NewInt(coef), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
			text := NewDecimal(coef, scale).String()
			if rat(t, text).Cmp(want) != 0 {
				t.Errorf("NewDecimal(%d, %d) = %s", coef, scale, text)
			}
			if mustDecimal(t, text) != NewDecimal(coef, scale) {
				t.Errorf("NewDecimal(%d, %d) is not what its text %s parses into", coef, scale, text)
			}
		}
	}
}

func TestNewDecimalPanicsBeyondItsScale(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("NewDecimal took a scale that is out of range")
		}
	}()
	NewDecimal(1, MaxExponent+1)
}

func TestDecimalMarshalsAsANumberLiteral(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(map[string]Decimal{"bid": mustDecimal(t, "189.980")})
	if err != nil || string(got) != `{"bid":189.980}` {
		t.Errorf("json.Marshal gave %s, %v", got, err)
	}
}

func TestCoefficientLimitsArePowersOfTen(t *testing.T) {
	t.Parallel()
	for exponent, c := range map[int64]coefficient{38: {limitHi, limitLo}, 37: {tenthHi, tenthLo}, 19: {0, groupLimit}} {
		want := new(big.Int).Exp(big.NewInt(10), big.NewInt(exponent), nil).String()
		if got := string(c.appendTo(nil)); got != want {
			t.Errorf("the constant for 10^%d is %s", exponent, got)
		}
	}
}
