package wire

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ticker/market"
)

func TestDurationsAreMillisecondsOrSeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", time.Millisecond: "1ms", 250 * time.Millisecond: "250ms", 999 * time.Millisecond: "999ms",
		time.Second: "1s", 1700 * time.Millisecond: "1.7s", 1001 * time.Millisecond: "1.001s", 10 * time.Second: "10s",
		time.Minute: "60s", 100 * time.Minute: "6000s", time.Nanosecond: "1ns", 1500 * time.Microsecond: "1.5ms",
		-20 * time.Millisecond: "-20ms", -time.Minute: "-60s", 1<<63 - 1: "2562047h47m16.854775807s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}

func TestDurationsReadBackExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]time.Duration{1, time.Microsecond, time.Millisecond, time.Second}).Draw(t, "unit")
		want := time.Duration(rapid.Int64Range(-1<<63/int64(unit), (1<<63-1)/int64(unit)).Draw(t, "units")) * unit
		got, err := time.ParseDuration(FormatDuration(want))
		if err != nil || got != want {
			t.Fatalf("%s is %d, %v; want %d", FormatDuration(want), got, err, want)
		}
	})
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, n := rapid.String().Draw(t, "text"), rapid.IntRange(0, 40).Draw(t, "bytes")
		got := cut(text, n)
		if len(got) > n || !strings.HasPrefix(text, got) || !utf8.ValidString(got) {
			t.Fatalf("%q cut to %d bytes is %q", text, n, got)
		}
		if len(text) > n && len(got) <= n-utf8.UTFMax {
			t.Fatalf("%q cut to %d bytes has only %d", text, n, len(got))
		}
	})
}

func TestWhatDoesNotPrintIsEscaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"é ~":          `"é ~"`,
		"\x00":         `"\u0000"`,
		"\x1b[2J":      `"\u001b[2J"`,
		"\x7f":         `"\u007f"`,
		"\u0085":       `"\u0085"`,
		"\u202e":       `"\u202e"`,
		"\U000e0001":   `"\udb40\udc01"`,
		"\xff\xfe\xff": `"` + "\ufffd" + `"`,
		`"\`:           `"\"\\"`,
	} {
		if got := string(appendJSONText(nil, text)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestKeysOfRecordsAreTheNamesOfTheFields(t *testing.T) {
	t.Parallel()
	for f := range market.NumValues {
		if want := `,"` + f.String() + `":`; jsonKeys[f] != want {
			t.Errorf("got %s, want %s", jsonKeys[f], want)
		}
		if want := appendMPText(nil, f.String()); mpKeys[f] != string(want) {
			t.Errorf("%s: got\n%swant\n%s", f, hex.Dump([]byte(mpKeys[f])), hex.Dump(want))
		}
	}
}

func TestDecimalsOfAnyLengthHaveTheirMessagePackHeader(t *testing.T) {
	t.Parallel()
	for n := 1; n <= market.MaxDigits; n++ {
		want := strings.Repeat("7", n)
		got, err := appendMPAsJSON(nil, appendMPDecimal([]byte("before"), decimal(t, want))[len("before"):])
		if err != nil || string(got) != `"`+want+`"` {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}

func TestTheLongestDecimalFitsItsMessagePackHeader(t *testing.T) {
	t.Parallel()
	longest := decimal(t, "-1.0000000000000000000000000000000000001e-38")
	var sum market.Total
	sum.Add(longest)
	for range 200 {
		sum.Merge(&sum)
	}
	sum.Add(decimal(t, "-9e38"))
	for text, data := range map[string][]byte{
		longest.String(): appendMPDecimal(nil, longest),
		sum.String():     appendMPTotal(nil, &sum),
	} {
		got, err := appendMPAsJSON(nil, data)
		if err != nil || string(got) != `"`+text+`"` {
			t.Errorf("got %s, %v; want %s", got, err, text)
		}
	}
}
