package market

import "strconv"

// ParseDecimal reads the digits of a JSON number: an optional minus sign,
// digits, an optional fraction, an optional exponent. The errors are
// ErrDecimalSyntax, ErrDecimalDigits and ErrDecimalRange.
func ParseDecimal[T string | []byte](text T) (Decimal, error) {
	p := decimalParser[T]{text: text}
	return p.parse()
}

// decimalParser collects the coefficient and the place of its last digit.
type decimalParser[T string | []byte] struct {
	text   T
	pos    int
	hi, lo uint64
	digits int // significant digits in the coefficient
	exp    int // power of ten of the coefficient's last digit
	excess bool
}

func (p *decimalParser[T]) parse() (Decimal, error) {
	neg := p.accept('-')
	first := p.pos
	if !p.number(0) {
		return Decimal{}, ErrDecimalSyntax
	}
	if p.text[first] == '0' && p.pos > first+1 {
		return Decimal{}, ErrDecimalSyntax // 007
	}
	if p.accept('.') && !p.number(1) {
		return Decimal{}, ErrDecimalSyntax
	}
	written := 0
	if p.accept('e') || p.accept('E') {
		var ok bool
		if written, ok = p.exponent(); !ok {
			return Decimal{}, ErrDecimalSyntax
		}
	}
	switch {
	case p.pos != len(p.text):
		return Decimal{}, ErrDecimalSyntax
	case p.excess:
		return Decimal{}, ErrDecimalDigits
	case written > MaxExponent || written < -MaxExponent:
		return Decimal{}, ErrDecimalRange
	}
	p.exp += written
	return p.finish(neg)
}

func (p *decimalParser[T]) accept(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// number reads a run of digits; fraction is 1 behind the point and 0 before.
func (p *decimalParser[T]) number(fraction int) bool {
	start := p.pos
	for p.pos < len(p.text) {
		c := p.text[p.pos] - '0'
		if c > 9 {
			break
		}
		p.pos++
		p.digit(uint64(c), fraction)
	}
	return p.pos > start
}

func (p *decimalParser[T]) digit(d uint64, fraction int) {
	switch {
	case p.digits == MaxDigits:
		// Zeros past the last place say nothing; anything else would be lost.
		p.excess = p.excess || d != 0
		p.exp += 1 - fraction
	case p.digits < 18:
		p.lo = p.lo*10 + d
		p.exp -= fraction
	default:
		p.hi, p.lo = mul10(p.hi, p.lo, d)
		p.exp -= fraction
	}
	if p.digits > 0 && p.digits < MaxDigits || p.digits == 0 && d != 0 {
		p.digits++
	}
}

func (p *decimalParser[T]) exponent() (int, bool) {
	sign := 1
	if p.accept('-') {
		sign = -1
	} else {
		p.accept('+')
	}
	start, value := p.pos, 0
	for p.pos < len(p.text) && p.text[p.pos]-'0' <= 9 {
		// A thousand is out of range already; more must not overflow.
		value = min(value*10+int(p.text[p.pos]-'0'), 1000)
		p.pos++
	}
	return sign * value, p.pos > start
}

// finish brings the coefficient to a scale of -1 to maxScale.
func (p *decimalParser[T]) finish(neg bool) (Decimal, error) {
	if p.digits == 0 {
		return Decimal{scale: int8(min(max(-p.exp, 0), maxScale))}, nil
	}
	if first := p.exp + p.digits - 1; first > MaxExponent || first < -MaxExponent {
		return Decimal{}, ErrDecimalRange
	}
	for p.exp > 0 && p.digits < MaxDigits {
		p.hi, p.lo = mul10(p.hi, p.lo, 0)
		p.exp--
		p.digits++
	}
	return Decimal{hi: p.hi, lo: p.lo, scale: int8(-p.exp), neg: neg}, nil
}

// String returns the digits of d, never with an exponent.
func (d Decimal) String() string {
	return string(d.AppendTo(make([]byte, 0, 48)))
}

// AppendTo appends the digits of d, never with an exponent: what it appends is
// a valid JSON number.
func (d Decimal) AppendTo(dst []byte) []byte {
	if d.neg {
		dst = append(dst, '-')
	}
	if d.scale < 0 {
		return append(appendCoef(dst, d.hi, d.lo), '0')
	}
	var digits [MaxDigits + 1]byte
	coef := appendCoef(digits[:0], d.hi, d.lo)
	return appendPoint(dst, coef, int(d.scale))
}

// appendPoint appends digits with scale of them behind the point.
func appendPoint(dst, digits []byte, scale int) []byte {
	if scale == 0 {
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	if whole > 0 {
		dst = append(dst, digits[:whole]...)
		dst = append(dst, '.')
		return append(dst, digits[whole:]...)
	}
	dst = append(dst, '0', '.')
	for range -whole {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

func appendCoef(dst []byte, hi, lo uint64) []byte {
	if hi == 0 {
		return strconv.AppendUint(dst, lo, 10)
	}
	high, low := split19(hi, lo)
	dst = strconv.AppendUint(dst, high, 10)
	for limit := uint64(pow19 / 10); low < limit; limit /= 10 {
		dst = append(dst, '0')
		if limit == 1 {
			return dst
		}
	}
	return strconv.AppendUint(dst, low, 10)
}

// MarshalJSON writes d as a number literal.
func (d Decimal) MarshalJSON() ([]byte, error) { return d.AppendTo(nil), nil }
