package market

import (
	"errors"
	"math/bits"
)

const (
	// MaxDigits is the most significant digits that a Decimal carries.
	MaxDigits = 38
	// MaxExponent bounds the power of ten of a Decimal's first digit, either way.
	MaxExponent = 38

	// maxScale is the most digits after the point: a first digit at 10^-38
	// and 37 more behind it.
	maxScale = MaxExponent + MaxDigits - 1
)

// Errors of ParseDecimal.
var (
	ErrDecimalSyntax = errors.New("not a decimal number")
	ErrDecimalDigits = errors.New("more than 38 significant digits")
	ErrDecimalRange  = errors.New("exponent beyond ±38")
)

// Decimal is an exact decimal number of up to 38 significant digits between
// 10^-38 and 10^39. It keeps the digits it was written with, trailing zeros
// included, and never allocates: the coefficient is 128 bits wide. The zero
// value is 0.
//
// Two Decimals of equal value may differ in trailing zeros: compare with Cmp
// or Equal, not with ==.
type Decimal struct {
	hi, lo uint64 // coefficient, below 10^38
	// scale counts digits after the point; -1 stands for one zero more than
	// the coefficient has, which only numbers of 39 digits need.
	scale int8
	neg   bool
}

// NewDecimal returns coef × 10^-scale. The scale is at most MaxExponent, which
// keeps every int64 within the range of a Decimal; more is a bug and panics.
func NewDecimal(coef int64, scale uint8) Decimal {
	if scale > MaxExponent {
		panic("market: NewDecimal scale out of range")
	}
	mag := uint64(coef)
	if coef < 0 {
		mag = -mag
	}
	return Decimal{lo: mag, scale: int8(scale), neg: coef < 0}
}

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.hi|d.lo == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// mul10 returns the 128-bit number times ten plus a digit.
func mul10(hi, lo, digit uint64) (uint64, uint64) {
	carry, low := bits.Mul64(lo, 10)
	low, c := bits.Add64(low, digit, 0)
	return hi*10 + carry + c, low
}

// pow19 is the largest power of ten in 64 bits.
const pow19 = 10_000_000_000_000_000_000

// split19 splits a coefficient into what stands before and in its last 19 digits.
func split19(hi, lo uint64) (high, low uint64) {
	return bits.Div64(hi, lo, pow19)
}

// Cmp compares by value and returns -1, 0 or 1.
func (d Decimal) Cmp(o Decimal) int {
	ds, os := d.Sign(), o.Sign()
	switch {
	case ds != os:
		return cmpInt(ds, os)
	case ds < 0:
		return cmpMagnitude(o, d)
	}
	return cmpMagnitude(d, o)
}

// Equal reports whether d and o are the same number.
func (d Decimal) Equal(o Decimal) bool { return d == o || d.Cmp(o) == 0 }

func cmpInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// cmpMagnitude compares coefficients after bringing both to one scale.
func cmpMagnitude(a, b Decimal) int {
	if a.scale > b.scale {
		return -cmpMagnitude(b, a)
	}
	for n := b.scale - a.scale; n > 0 && a.hi|a.lo != 0; n-- {
		if a.hi >= pow19 {
			return 1 // above 10^38, and no coefficient is
		}
		a.hi, a.lo = mul10(a.hi, a.lo, 0)
	}
	switch {
	case a.hi != b.hi && a.hi < b.hi, a.hi == b.hi && a.lo < b.lo:
		return -1
	case a.hi == b.hi && a.lo == b.lo:
		return 0
	}
	return 1
}

// The first coefficient of 39 digits, 10^38, in two words, and 10^37.
const (
	limitHi, limitLo = 0x4b3b4ca85a86c47a, 0x098a224000000000
	tenthHi, tenthLo = 0x0785ee10d5da46d9, 0x00f436a000000000
)

// tenfold reports whether the coefficient can take one more digit.
func tenfold(d Decimal) bool {
	return d.hi < tenthHi || d.hi == tenthHi && d.lo < tenthLo
}

// plus adds the coefficients of two decimals of one sign and scale.
func (d Decimal) plus(o Decimal) (Decimal, bool) {
	var carry uint64
	d.lo, carry = bits.Add64(d.lo, o.lo, 0)
	d.hi, carry = bits.Add64(d.hi, o.hi, carry)
	fits := carry == 0 && (d.hi < limitHi || d.hi == limitHi && d.lo < limitLo)
	return d, fits
}
