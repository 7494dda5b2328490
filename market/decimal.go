package market

const (
	// MaxDigits is the most significant digits that a Decimal carries.
	MaxDigits = 38
	// MaxExponent bounds the power of ten of a Decimal's first digit, either way.
	MaxExponent = 38

	// maxScale is the most digits after the point: a first digit at 10^-38
	// and 37 more behind it.
	maxScale = MaxExponent + MaxDigits - 1
)

// Decimal is an exact decimal number of up to 38 significant digits: 0, or one
// whose first digit stands at a power of ten from -38 to 38, so between 10^-38
// and 10^39 either side of 0. It keeps the digits it was written with, trailing
// zeros included, and never allocates. The zero value is 0, and there is no
// negative zero.
//
// Two Decimals of equal value may differ in trailing zeros: compare with Cmp
// or Equal, not with ==.
type Decimal struct {
	coef coefficient
	// scale counts digits after the point; -1 stands for one zero more than
	// the coefficient has, which only integers of 39 digits need.
	scale int8
	neg   bool
}

// NewDecimal returns coef × 10^-scale. The scale is at most MaxExponent, which
// keeps every int64 within the range of a Decimal; more is a bug and panics.
func NewDecimal(coef int64, scale uint8) Decimal {
	if scale > MaxExponent {
		panic("market: NewDecimal scale out of range")
	}
	magnitude := uint64(coef)
	if coef < 0 {
		magnitude = -magnitude
	}
	return Decimal{coef: coefficient{lo: magnitude}, scale: int8(scale), neg: coef < 0}
}

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.coef.isZero():
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// Equal reports whether d and o are the same number.
func (d Decimal) Equal(o Decimal) bool { return d == o || d.Cmp(o) == 0 }

// Cmp compares by value and returns -1, 0 or 1.
func (d Decimal) Cmp(o Decimal) int {
	sign := d.Sign()
	switch other := o.Sign(); {
	case sign < other:
		return -1
	case sign > other:
		return 1
	}
	return sign * d.compareMagnitude(o)
}

// compareMagnitude compares without regard to the sign, after bringing both to
// one scale. The one that does not fit there is longer than the other can be.
func (d Decimal) compareMagnitude(o Decimal) int {
	if d.scale > o.scale {
		return -o.compareMagnitude(d)
	}
	coef, fits := d.coef.shift(int(o.scale - d.scale))
	if !fits {
		return 1
	}
	return coef.compare(o.coef)
}

// plus adds at the larger of the two scales. It reports false for a sum that
// does not fit, and for signs that differ: it serves sums of sizes, which do
// not.
func (d Decimal) plus(o Decimal) (Decimal, bool) {
	switch {
	case d.coef.isZero():
		return o, true
	case o.coef.isZero():
		return d, true
	case d.neg != o.neg:
		return Decimal{}, false
	case d.scale > o.scale:
		d, o = o, d
	}
	coef, fits := d.coef.shift(int(o.scale - d.scale))
	if fits {
		o.coef, fits = coef.plus(o.coef)
	}
	return o, fits
}
