package market

import (
	"encoding/json"
	"math/big"
)

// Total is an exact running sum of sizes. It stays within a Decimal, without
// allocating, as long as the sum has at most 38 digits, and goes on in a big
// integer when it has more. The zero Total is 0. Copy it only to read it.
type Total struct {
	sum  Decimal
	wide *big.Int // the sum × 10^maxScale, once it outgrew sum
}

// Add adds a decimal.
func (t *Total) Add(d Decimal) {
	if t.wide == nil {
		if sum, ok := addSmall(t.sum, d); ok {
			t.sum = sum
			return
		}
		t.wide = widen(t.sum)
	}
	t.wide.Add(t.wide, widen(d))
}

// Merge adds another total.
func (t *Total) Merge(o *Total) {
	if o.wide == nil {
		t.Add(o.sum)
		return
	}
	if t.wide == nil {
		t.wide = widen(t.sum)
	}
	t.wide.Add(t.wide, o.wide)
}

// String returns the digits of the sum.
func (t *Total) String() string { return string(t.AppendTo(nil)) }

// AppendTo appends the digits of the sum, as a valid JSON number.
func (t *Total) AppendTo(dst []byte) []byte {
	if t.wide == nil {
		return t.sum.AppendTo(dst)
	}
	if t.wide.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := new(big.Int).Abs(t.wide).Append(nil, 10)
	scale := maxScale
	for scale > 0 && len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits, scale = digits[:len(digits)-1], scale-1
	}
	return appendPoint(dst, digits, scale)
}

// MarshalJSON writes the sum as a number literal.
func (t Total) MarshalJSON() ([]byte, error) { return t.AppendTo(nil), nil }

var _ json.Marshaler = Total{}

// addSmall adds two decimals of one sign at the larger of their scales, or
// reports that the sum does not fit.
func addSmall(a, b Decimal) (Decimal, bool) {
	if a.Sign() == 0 && a.scale <= b.scale {
		return b, true
	}
	if a.neg != b.neg {
		return Decimal{}, false
	}
	if a.scale > b.scale {
		a, b = b, a
	}
	for ; a.scale < b.scale; a.scale++ {
		if !tenfold(a) {
			return Decimal{}, false
		}
		a.hi, a.lo = mul10(a.hi, a.lo, 0)
	}
	return a.plus(b)
}

func widen(d Decimal) *big.Int {
	n := new(big.Int).SetUint64(d.hi)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(d.lo))
	if d.neg {
		n.Neg(n)
	}
	shift := big.NewInt(int64(maxScale) - int64(d.scale))
	return n.Mul(n, shift.Exp(big.NewInt(10), shift, nil))
}
