package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A unit is a factor and what is written behind a number of it.
type unit struct {
	factor float64
	suffix string
}

// units are those of one quantity, from the smallest up.
type units []unit

func counts() units { return units{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}} }

func micros() units { return units{{1, " µs"}, {1e3, " ms"}, {1e6, " s"}} }

func octets() units {
	return units{{1, " B"}, {1 << 10, " KiB"}, {1 << 20, " MiB"}, {1 << 30, " GiB"}}
}

func plain() units { return units{{1, ""}} }

// write returns a number with three digits that count and the largest unit that
// it has at least one of: 12.3k, 0.710 µs, 1.00 MiB.
func (u units) write(v float64) string { return u.format(v, significant) }

// short is write without the zeros that say how exact a number is: 12k, 0.71 µs.
func (u units) short(v float64) string {
	return u.format(v, func(v float64) string {
		text := significant(v)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	})
}

func (u units) format(v float64, number func(float64) string) string {
	switch {
	case v == 0:
		return "0"
	case !drawable(v):
		return "–"
	}
	picked := u[0]
	for _, next := range u[1:] {
		// 999.9 is written as 1000, and that is 1k.
		if rounded, _ := round(math.Abs(v)); rounded >= next.factor {
			picked = next
		}
	}
	return number(v/picked.factor) + picked.suffix
}

// significant writes a number with three digits that count, and with all before
// the point.
func significant(v float64) string {
	rounded, exponent := round(v)
	return strconv.FormatFloat(rounded, 'f', max(2-exponent, 0), 64)
}

// round returns a number with three digits that count, and the power of ten of
// the first. It goes by the text, which has no rounding error of its own.
func round(v float64) (rounded float64, exponent int) {
	text := strconv.FormatFloat(v, 'e', 2, 64)
	_, power, _ := strings.Cut(text, "e")
	rounded, _ = strconv.ParseFloat(text, 64) // FormatFloat wrote it
	exponent, _ = strconv.Atoi(power)
	return rounded, exponent
}

// whole writes an integer in groups of three: 100,000.
func whole[N int | int64 | uint64](n N) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
