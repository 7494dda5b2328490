package market

import "errors"

// Errors of ParseDecimal.
var (
	ErrDecimalSyntax = errors.New("not a decimal number")
	ErrDecimalDigits = errors.New("more than 38 significant digits")
	ErrDecimalRange  = errors.New("exponent beyond ±38")
)

// ParseDecimal reads a JSON number: an optional minus sign, digits without
// leading zeros, an optional fraction, an optional exponent. Zeros at the end
// are kept as far as 38 digits go, and are not significant beyond.
//
// The error is ErrDecimalSyntax for any other text, ErrDecimalDigits for a
// number that would lose digits, and ErrDecimalRange for a written exponent
// beyond ±38 or a first digit that stands beyond 10^±38.
func ParseDecimal[T string | []byte](text T) (Decimal, error) {
	if d, ok := parseShort(text); ok {
		return d, nil
	}
	p := decimalParser[T]{text: text, power: 1}
	return p.parse()
}

// parseShort reads what nearly every price and size is: up to 19 digits and no
// exponent. It leaves everything else, right or wrong, to decimalParser, which
// takes more than twice the time.
func parseShort[T string | []byte](text T) (Decimal, bool) {
	if len(text) == 0 || len(text) > groupDigits {
		return Decimal{}, false
	}
	first := 0
	if text[0] == '-' {
		first = 1
	}
	coef, end := parseRun(text, first, 0)
	whole := end - first
	if whole == 0 || whole > 1 && text[first] == '0' {
		return Decimal{}, false
	}
	scale := 0
	if end < len(text) && text[end] == '.' {
		point := end
		coef, end = parseRun(text, point+1, coef)
		if scale = end - point - 1; scale == 0 {
			return Decimal{}, false
		}
	}
	if end != len(text) {
		return Decimal{}, false
	}
	return Decimal{coef: coefficient{lo: coef}, scale: int8(scale), neg: first == 1 && coef != 0}, true
}

// parseRun reads digits onto coef, and returns where they end.
func parseRun[T string | []byte](text T, pos int, coef uint64) (uint64, int) {
	for ; pos < len(text); pos++ {
		digit := text[pos] - '0'
		if digit > 9 {
			break
		}
		coef = coef*10 + uint64(digit)
	}
	return coef, pos
}

// decimalParser collects the digits of a number of any length and the place of
// the last one.
type decimalParser[T string | []byte] struct {
	text T
	pos  int
	// The coefficient is high × power + low; low holds the digits after the
	// first groupDigits, and power is the power of ten that makes room for them.
	high, power, low uint64
	digits           int  // of the coefficient
	exp              int  // power of ten of its last digit
	lossy            bool // digits other than zero did not fit
}

func (p *decimalParser[T]) parse() (Decimal, error) {
	neg := p.accept('-')
	written, ok := p.number()
	switch {
	case !ok || p.pos != len(p.text):
		return Decimal{}, ErrDecimalSyntax
	case p.lossy:
		return Decimal{}, ErrDecimalDigits
	case written > MaxExponent || written < -MaxExponent:
		return Decimal{}, ErrDecimalRange
	}
	p.exp += written
	return p.decimal(neg)
}

// number reads everything behind the sign and returns the written exponent.
func (p *decimalParser[T]) number() (exponent int, ok bool) {
	if !p.accept('0') && !p.run(1) {
		return 0, false
	}
	if p.accept('.') && !p.run(0) {
		return 0, false
	}
	if p.accept('e') || p.accept('E') {
		return p.exponent()
	}
	return 0, true
}

func (p *decimalParser[T]) accept(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// run reads digits; whole is 1 before the point and 0 behind it.
func (p *decimalParser[T]) run(whole int) bool {
	start := p.pos
	for ; p.pos < len(p.text); p.pos++ {
		digit := p.text[p.pos] - '0'
		if digit > 9 {
			break
		}
		p.digit(uint64(digit), whole)
	}
	return p.pos > start
}

// digit takes the next digit. The last place goes down by one with it behind
// the point, and goes up by one before the point if there was no room for it.
func (p *decimalParser[T]) digit(d uint64, whole int) {
	switch {
	case p.digits == MaxDigits:
		// Zeros past the last place say nothing; anything else would be lost.
		p.lossy = p.lossy || d != 0
		p.exp += whole
		return
	case p.digits >= groupDigits:
		p.low = p.low*10 + d
		p.power *= 10
	default:
		p.high = p.high*10 + d
	}
	if p.digits > 0 || d != 0 {
		p.digits++
	}
	p.exp += whole - 1
}

func (p *decimalParser[T]) exponent() (value int, ok bool) {
	sign := 1
	if p.accept('-') {
		sign = -1
	} else {
		p.accept('+')
	}
	start := p.pos
	for ; p.pos < len(p.text) && p.text[p.pos]-'0' <= 9; p.pos++ {
		// Beyond MaxExponent the value does not matter, as long as it stays there.
		value = min(value*10+int(p.text[p.pos]-'0'), 10*MaxExponent)
	}
	return sign * value, p.pos > start
}

// decimal brings the coefficient to a scale of -1 to maxScale.
func (p *decimalParser[T]) decimal(neg bool) (Decimal, error) {
	if p.digits == 0 {
		return Decimal{scale: int8(min(max(-p.exp, 0), maxScale))}, nil
	}
	if first := p.exp + p.digits - 1; first > MaxExponent || first < -MaxExponent {
		return Decimal{}, ErrDecimalRange
	}
	coef := joinGroups(p.high, p.power, p.low)
	zeros := min(max(p.exp, 0), MaxDigits-p.digits)
	coef, _ = coef.shift(zeros)
	return Decimal{coef: coef, scale: int8(zeros - p.exp), neg: neg}, nil
}
