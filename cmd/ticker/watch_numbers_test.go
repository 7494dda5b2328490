package main

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ticker/market"
)

// numberOf reads a decimal that has to be one.
func numberOf(t interface{ Fatal(args ...any) }, text string) market.Decimal {
	d, err := market.ParseDecimal([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDifferenceIsExact(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"0.3", "0.1", "+0.2"},
		{"0.1", "0.3", "-0.2"},
		{"5", "5.00", "0.00"},
		{"190", "189.99", "+0.01"},
		{"-37.63", "12", "-49.63"},
		{"101", "1.50", "+99.50"},
		{"12345678901234567890.000000001", "12345678901234567890", "+0.000000001"},
		{"1e38", "-1e38", "+200000000000000000000000000000000000000"},
	} {
		a, b := numberOf(t, c[0]), numberOf(t, c[1])
		difference := new(big.Rat).Sub(exact(a), exact(b))
		expect(t, c[0]+" - "+c[1], signed(difference, max(places(a.String()), places(b.String()))), c[2])
	}
}

func TestWrittenNumberIsTheNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := market.NewDecimal(rapid.Int64().Draw(t, "coefficient"), uint8(rapid.IntRange(0, 20).Draw(t, "scale")))
		n := rapid.IntRange(0, 25).Draw(t, "places")
		for _, text := range []string{group(d.String()), padded(d, n), group(padded(d, n))} {
			if got := numberOf(t, strings.ReplaceAll(text, ",", "")); !got.Equal(d) {
				t.Fatalf("%s is written %s", d, text)
			}
		}
		if got := places(padded(d, n)); got != max(n, places(d.String())) {
			t.Fatalf("%d digits behind the point, want at least %d", got, n)
		}
	})
}

func TestNumbersAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1,234,567.8901": group("1234567.8901"), "-123": group("-123"), "-1,234": group("-1234"), "100,000": count(100_000),
		"1.50": padded(numberOf(t, "1.5"), 2), "2.00": padded(numberOf(t, "2"), 2), "2.125": padded(numberOf(t, "2.125"), 2),
		"0.0": signed(big.NewRat(-1, 1000), 1), "+0.1": signed(big.NewRat(51, 1000), 1),
		"900µs": brief(900), "51ms": brief(51_234), "1.2ms": brief(1_234), "2.5s": brief(2_499_000), "0s": brief(0), "1m13s": brief(73_000_000),
	} {
		expect(t, "text", got, want)
	}
}

func TestAgeHasTheGreatestUnitThatFits(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"<1s": -time.Hour, "1s": time.Second, "59s": time.Minute - 1, "1m": time.Minute,
		"59m": time.Hour - 1, "1h": time.Hour, "47h": 48*time.Hour - 1, "400d": 400 * 24 * time.Hour,
	} {
		expect(t, "age of "+d.String(), age(d), want)
	}
}

func TestTrendLineSpansFromTheLowestToTheHighest(t *testing.T) {
	t.Parallel()
	rats := func(texts ...string) (numbers []*big.Rat) {
		for _, text := range texts {
			if text == "" {
				numbers = append(numbers, nil)
			} else {
				numbers = append(numbers, exact(numberOf(t, text)))
			}
		}
		return numbers
	}
	expect(t, "rising", trendLine(rats("1", "2", "3", "4", "5", "6", "7", "8")), "▁▂▃▄▅▆▇█")
	expect(t, "flat, with a gap", trendLine(rats("5", "", "5.0")), "▄ ▄")
	expect(t, "tiny", trendLine(rats("-1e-38", "1e-38")), "▁█")
	expect(t, "empty", trendLine(nil), "")
}

func TestMeterCountsASecond(t *testing.T) {
	t.Parallel()
	var m meter
	start := time.Unix(0, 0)
	var got []uint64
	for i, n := range []uint64{10, 20, 40, 70, 70, 70} {
		got = append(got, m.rate(n, start.Add(time.Duration(i)*500*time.Millisecond)))
	}
	expect(t, "rates", got, []uint64{0, 0, 30, 30, 30, 30})
}
