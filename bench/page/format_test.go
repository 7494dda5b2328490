package page

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		units        units
		value        float64
		write, short string
	}{
		{counts(), 0, "0", "0"},
		{counts(), 1, "1.00", "1"},
		{counts(), 560, "560", "560"},
		{counts(), 999.4, "999", "999"},
		{counts(), 999.6, "1.00k", "1k"},
		{counts(), 12_345, "12.3k", "12.3k"},
		{counts(), 999_950, "1.00M", "1M"},
		{counts(), 1_200_000, "1.20M", "1.2M"},
		{counts(), 5e12, "5000G", "5000G"},
		{counts(), -12_345, "-12.3k", "-12.3k"},
		{micros(), 0.0712, "0.0712 µs", "0.0712 µs"},
		{micros(), 0.71, "0.710 µs", "0.71 µs"},
		{micros(), 51_200, "51.2 ms", "51.2 ms"},
		{micros(), 2_000_000, "2.00 s", "2 s"},
		{octets(), 100, "100 B", "100 B"},
		{octets(), 14_300, "14.0 KiB", "14 KiB"},
		{octets(), 8 << 30, "8.00 GiB", "8 GiB"},
		{plain(), 0.3 + 0.3 + 0.3, "0.900", "0.9"},
		{plain(), 100, "100", "100"},
		{plain(), math.NaN(), "–", "–"},
		{plain(), math.Inf(-1), "–", "–"},
		{plain(), 1e300, "–", "–"},
	} {
		if got := c.units.write(c.value); got != c.write {
			t.Errorf("%g is written %q, not %q", c.value, got, c.write)
		}
		if got := c.units.short(c.value); got != c.short {
			t.Errorf("%g is, in short, %q, not %q", c.value, got, c.short)
		}
	}
}

func TestWrittenNumbersAreWithinHalfAPercent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := magnitude(t, "v")
		for _, u := range []units{counts(), micros(), octets()} {
			text := u.write(v)
			suffix := strings.TrimLeft(text, "0123456789.")
			number, err := strconv.ParseFloat(strings.TrimSuffix(text, suffix), 64)
			if err != nil {
				t.Fatal(err)
			}
			for _, unit := range u {
				if unit.suffix == suffix {
					number *= unit.factor
				}
			}
			if math.Abs(number-v) > v/199 {
				t.Fatalf("%g is written %s", v, text)
			}
		}
	})
}

func TestIntegersAreGroupedByThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -123: "-123", -1234: "-1,234"} {
		if got := whole(n); got != want {
			t.Errorf("%d is written %q, not %q", n, got, want)
		}
	}
}
