package market

import "slices"

// maxTextBytes holds a sign, a zero, a point and every digit behind it.
const maxTextBytes = 3 + maxScale

// String returns the digits of d, never with an exponent.
func (d Decimal) String() string {
	return string(d.AppendTo(make([]byte, 0, maxTextBytes)))
}

// AppendTo appends the digits of d, at most 78 bytes, never with an exponent:
// what it appends is a valid JSON number.
func (d Decimal) AppendTo(dst []byte) []byte {
	if d.coef.hi == 0 { // which excludes the scale of -1
		return d.appendShort(dst)
	}
	if d.neg {
		dst = append(dst, '-')
	}
	start := len(dst)
	dst = d.coef.appendTo(dst)
	if d.scale < 0 {
		return append(dst, '0')
	}
	return insertPoint(dst, start, int(d.scale))
}

// appendShort writes a coefficient of one word, as nearly all are, digit by
// digit from its end. That takes half the time of placing the point afterwards.
func (d Decimal) appendShort(dst []byte) []byte {
	var text [maxTextBytes]byte
	first, rest := len(text), d.coef.lo
	put := func(c byte) {
		first--
		text[first] = c
	}
	for range d.scale {
		put(byte('0' + rest%10))
		rest /= 10
	}
	if d.scale > 0 {
		put('.')
	}
	put(byte('0' + rest%10))
	for rest /= 10; rest > 0; rest /= 10 {
		put(byte('0' + rest%10))
	}
	if d.neg {
		put('-')
	}
	return append(dst, text[first:]...)
}

// MarshalJSON writes d as a number literal.
func (d Decimal) MarshalJSON() ([]byte, error) { return d.AppendTo(nil), nil }

// insertPoint puts a point before the last scale digits of those from start
// on, and zeros in front of them where they are too few.
func insertPoint(dst []byte, start, scale int) []byte {
	if scale == 0 {
		return dst
	}
	for len(dst)-start <= scale {
		dst = slices.Insert(dst, start, '0')
	}
	return slices.Insert(dst, len(dst)-scale, '.')
}
