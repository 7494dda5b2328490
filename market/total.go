package market

import (
	"errors"
	"math/big"
	"strings"
)

// maxTotalBytes holds the sum of as many of the largest decimals as a uint64
// counts: 59 digits in place of the 0 before the point.
const maxTotalBytes = maxTextBytes + 58

// Total is an exact running sum of sizes. It stays within a Decimal, without
// allocating, as long as the sum has at most 38 digits, and goes on in a big
// integer when it has more. The zero Total is 0, and a copy is a Total of its
// own.
type Total struct {
	sum Decimal
	// wide is the sum × 10^maxScale, once it outgrew sum. What it points to
	// never changes, because copies share it.
	wide *big.Int
}

// ParseTotal reads a sum as AppendTo writes it: what ParseDecimal accepts, and
// longer numbers without an exponent, of up to 136 bytes and 75 digits behind
// the point. The errors are those of ParseDecimal.
func ParseTotal[T string | []byte](text T) (Total, error) {
	d, err := ParseDecimal(text)
	if err == nil {
		return Total{sum: d}, nil
	}
	if errors.Is(err, ErrDecimalSyntax) || len(text) > maxTotalBytes {
		return Total{}, err
	}
	whole, fraction, _ := strings.Cut(string(text), ".")
	missing := maxScale - len(fraction)
	if missing < 0 {
		return Total{}, err
	}
	wide, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", missing), 10)
	if !ok { // it has an exponent
		return Total{}, err
	}
	return Total{wide: wide}, nil
}

// Add adds a decimal.
func (t *Total) Add(d Decimal) {
	if t.wide == nil {
		if sum, fits := t.sum.plus(d); fits {
			t.sum = sum
			return
		}
	}
	t.wide = new(big.Int).Add(t.widened(), widen(d))
}

// Merge adds another total.
func (t *Total) Merge(o *Total) {
	if o.wide == nil {
		t.Add(o.sum)
		return
	}
	t.wide = new(big.Int).Add(t.widened(), o.wide)
}

func (t Total) widened() *big.Int {
	if t.wide != nil {
		return t.wide
	}
	return widen(t.sum)
}

// String returns the digits of the sum.
func (t Total) String() string { return string(t.AppendTo(nil)) }

// AppendTo appends the digits of the sum, as a valid JSON number.
func (t Total) AppendTo(dst []byte) []byte {
	if t.wide == nil {
		return t.sum.AppendTo(dst)
	}
	switch t.wide.Sign() {
	case 0:
		return append(dst, '0')
	case -1:
		dst = append(dst, '-')
	}
	start := len(dst)
	dst = new(big.Int).Abs(t.wide).Append(dst, 10)
	scale := maxScale
	for scale > 0 && dst[len(dst)-1] == '0' {
		dst, scale = dst[:len(dst)-1], scale-1
	}
	return insertPoint(dst, start, scale)
}

// MarshalJSON writes the sum as a number literal.
func (t Total) MarshalJSON() ([]byte, error) { return t.AppendTo(nil), nil }

// widen returns d × 10^maxScale, which is whole.
func widen(d Decimal) *big.Int {
	n := new(big.Int).SetUint64(d.coef.hi)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(d.coef.lo))
	if d.neg {
		n.Neg(n)
	}
	shift := big.NewInt(int64(maxScale) - int64(d.scale))
	return n.Mul(n, shift.Exp(big.NewInt(10), shift, nil))
}
