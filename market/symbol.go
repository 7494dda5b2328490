package market

import (
	"errors"
	"strings"
)

// MaxSymbolBytes is the longest canonical symbol name.
const MaxSymbolBytes = 32

// ErrSymbol reports a name that is no canonical symbol.
var ErrSymbol = errors.New("symbol must be 1 to 32 characters of A-Z 0-9 . _ : / -")

// ErrPattern reports a text that is neither a symbol nor the start of one with
// a star behind it.
var ErrPattern = errors.New("pattern must be a symbol, or up to 32 characters of one and a final *")

// Symbol is the canonical, upper-case name of an instrument: "AAPL", "BTC-USD".
type Symbol string

// ParseSymbol checks that name is canonical; the error is ErrSymbol. It does
// not fold case: a lower-case name is somebody's mistake, and guessing would
// hide it.
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
// symbol that begins with a stem. The zero Pattern matches nothing.
type Pattern struct {
	text   string
	prefix bool
}

// ParsePattern reads "AAPL", "BTC-*" or "*"; the error is ErrPattern. The star
// may only come last, behind a stem as long as a symbol may be.
func ParsePattern(text string) (Pattern, error) {
	stem, prefix := strings.CutSuffix(text, "*")
	if text == "" || len(stem) > MaxSymbolBytes || !symbolBytes(stem) {
		return Pattern{}, ErrPattern
	}
	return Pattern{text: text, prefix: prefix}, nil
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
	return strings.HasPrefix(string(s), p.text[:len(p.text)-1])
}
