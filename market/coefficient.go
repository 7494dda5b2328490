package market

import (
	"cmp"
	"math/bits"
	"strconv"
)

// coefficient is the digits of a Decimal as one integer, of 128 bits. Every
// coefficient has at most MaxDigits digits, so that it is below 10^38; what
// would make it longer says so instead.
type coefficient struct{ hi, lo uint64 }

const (
	// groupDigits is the most decimal digits that always fit 64 bits: a
	// coefficient is read and written as two groups of them.
	groupDigits = 19
	groupLimit  = 10_000_000_000_000_000_000 // 10^19

	// The smallest integer of 39 digits, 10^38, and that of 38, 10^37.
	limitHi, limitLo = 0x4b3b4ca85a86c47a, 0x098a224000000000
	tenthHi, tenthLo = 0x0785ee10d5da46d9, 0x00f436a000000000
)

// joinGroups returns high × power + low.
func joinGroups(high, power, low uint64) coefficient {
	hi, lo := bits.Mul64(high, power)
	lo, carry := bits.Add64(lo, low, 0)
	return coefficient{hi: hi + carry, lo: lo}
}

func (c coefficient) isZero() bool { return c.hi|c.lo == 0 }

func (c coefficient) compare(o coefficient) int {
	if c.hi != o.hi {
		return cmp.Compare(c.hi, o.hi)
	}
	return cmp.Compare(c.lo, o.lo)
}

func (c coefficient) less(o coefficient) bool { return c.compare(o) < 0 }

// plus adds, and reports whether the sum fits.
func (c coefficient) plus(o coefficient) (coefficient, bool) {
	// Two coefficients are below 2 × 10^38, which 128 bits hold.
	lo, carry := bits.Add64(c.lo, o.lo, 0)
	hi, _ := bits.Add64(c.hi, o.hi, carry)
	sum := coefficient{hi: hi, lo: lo}
	return sum, sum.less(coefficient{hi: limitHi, lo: limitLo})
}

// shift appends a number of zeros, and reports whether the result fits. It
// steps by single digits: the prices of one symbol are seldom more than a few
// places apart.
func (c coefficient) shift(places int) (coefficient, bool) {
	for range places {
		if !c.less(coefficient{hi: tenthHi, lo: tenthLo}) {
			return coefficient{}, false
		}
		carry, lo := bits.Mul64(c.lo, 10)
		c = coefficient{hi: c.hi*10 + carry, lo: lo}
	}
	return c, true
}

// appendTo appends the digits, at least one and without leading zeros.
func (c coefficient) appendTo(dst []byte) []byte {
	if c.hi == 0 {
		return strconv.AppendUint(dst, c.lo, 10)
	}
	// The quotient fits a word: a coefficient is below the square of 10^19.
	high, low := bits.Div64(c.hi, c.lo, groupLimit)
	return appendGroup(strconv.AppendUint(dst, high, 10), low)
}

// appendGroup appends exactly groupDigits digits.
func appendGroup(dst []byte, group uint64) []byte {
	for place := uint64(groupLimit / 10); place > group && place > 1; place /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, group, 10)
}
