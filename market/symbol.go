package market

import "errors"

// MaxSymbolBytes is the longest canonical symbol name.
const MaxSymbolBytes = 32

// ErrSymbol reports a name that is no canonical symbol.
var ErrSymbol = errors.New("symbol must be 1 to 32 characters of A-Z 0-9 . _ : / -")

// ErrPattern reports a name that is neither a symbol nor a pattern.
var ErrPattern = errors.New("pattern must be a symbol, or the start of one and a final *")

// Symbol is the canonical, upper-case name of an instrument: "AAPL", "BTC-USD".
type Symbol string

// ParseSymbol checks that name is canonical. It does not fold case: a
// lower-case name is somebody's mistake, and guessing would hide it.
func ParseSymbol(name string) (Symbol, error) {
	if len(name) == 0 || len(name) > MaxSymbolBytes || !symbolBytes(name) {
		return "", ErrSymbol
	}
	return Symbol(name), nil
}

func symbolBytes(s string) bool {
	for i := range len(s) {
		if !symbolByte(s[i]) {
			return false
		}
	}
	return true
}

func symbolByte(c byte) bool {
	switch {
	case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	case c == '.', c == '_', c == ':', c == '/', c == '-':
		return true
	}
	return false
}

// Pattern names the symbols of one subscription: a single symbol, or every
// symbol that begins with a prefix. The zero Pattern matches nothing.
type Pattern struct {
	text   string
	prefix bool
}

// ParsePattern reads "AAPL", "BTC-*" or "*". The star may only come last.
func ParsePattern(text string) (Pattern, error) {
	if n := len(text); n > 0 && text[n-1] == '*' {
		if n-1 > MaxSymbolBytes || !symbolBytes(text[:n-1]) {
			return Pattern{}, ErrPattern
		}
		return Pattern{text: text, prefix: true}, nil
	}
	if _, err := ParseSymbol(text); err != nil {
		return Pattern{}, err
	}
	return Pattern{text: text}, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Prefix reports whether the pattern ends in a star.
func (p Pattern) Prefix() bool { return p.prefix }

// Match reports whether the pattern covers the symbol.
func (p Pattern) Match(s Symbol) bool {
	if !p.prefix {
		return p.text != "" && string(s) == p.text
	}
	stem := p.text[:len(p.text)-1]
	return len(s) >= len(stem) && string(s[:len(stem)]) == stem
}
