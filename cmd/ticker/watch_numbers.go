package main

import (
	"math/big"
	"strings"

	"ticker/market"
)

// exact returns a decimal as a number to reckon with. Nothing is lost on the
// way, whatever its size.
func exact(d market.Decimal) *big.Rat {
	n, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic("the text of a decimal is no number: " + d.String())
	}
	return n
}

// places counts the digits behind the point.
func places(text string) int {
	_, fraction, _ := strings.Cut(text, ".")
	return len(fraction)
}

// padded writes a price with zeros up to n digits behind the point, so that it
// does not move sideways when it has one digit less.
func padded(d market.Decimal, n int) string {
	text := d.String()
	missing := n - places(text)
	if missing > 0 && places(text) == 0 {
		text += "."
	}
	return text + strings.Repeat("0", max(missing, 0))
}

// group puts commas between the thousands of a number.
func group(text string) string {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	sign, digits := "", whole
	if strings.HasPrefix(whole, "-") {
		sign, digits = "-", whole[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if hasFraction {
		digits += "." + fraction
	}
	return sign + digits
}

// signed writes a difference, rounded to n digits behind the point, with its
// sign; what is rounded to zero has none.
func signed(n *big.Rat, places int) string {
	text := n.FloatString(places)
	switch {
	case strings.Trim(text, "-0.") == "":
		return strings.TrimPrefix(text, "-")
	case n.Sign() > 0:
		return "+" + text
	}
	return text
}

// percent returns how much of a base an amount is, in hundredths; nil of nothing.
func percent(amount, base *big.Rat) *big.Rat {
	if base.Sign() == 0 {
		return nil
	}
	part := new(big.Rat).Quo(amount, new(big.Rat).Abs(base))
	return part.Mul(part, big.NewRat(100, 1))
}

// blocks are the levels of a trend line, from the lowest to the highest.
const blocks = "▁▂▃▄▅▆▇█"

// trendLine draws prices as blocks between the lowest and the highest of them;
// nil is a gap.
func trendLine(prices []*big.Rat) string {
	var low, high *big.Rat
	for _, p := range prices {
		if p != nil && (low == nil || p.Cmp(low) < 0) {
			low = p
		}
		if p != nil && (high == nil || p.Cmp(high) > 0) {
			high = p
		}
	}
	var b strings.Builder
	for _, p := range prices {
		if p == nil {
			b.WriteByte(' ')
		} else {
			b.WriteRune([]rune(blocks)[level(p, low, high)])
		}
	}
	return b.String()
}

// level returns which block stands for a price; one in the middle if there is
// nothing to compare with.
func level(price, low, high *big.Rat) int64 {
	const most = 7
	if low.Cmp(high) == 0 {
		return most / 2
	}
	part := new(big.Rat).Sub(price, low)
	part.Quo(part, new(big.Rat).Sub(high, low))
	part.Mul(part, big.NewRat(most, 1))
	return new(big.Int).Quo(part.Num(), part.Denom()).Int64()
}
