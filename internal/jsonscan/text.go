package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a string from its opening quote on.
func (s *Scanner) quoted() ([]byte, bool) {
	s.pos++
	start := s.pos
	var seen byte // every bit that any byte had
	for s.pos += plain(s.text[start:]); s.pos < len(s.text); s.pos++ {
		c := s.text[s.pos]
		switch {
		case c == '"':
			text := s.text[start:s.pos:s.pos]
			if seen >= utf8.RuneSelf && !utf8.Valid(text) {
				s.fail("invalid UTF-8")
				return nil, false
			}
			s.pos++
			return text, true
		case c == '\\':
			return s.unescaped(start)
		case c < ' ':
			s.fail("control character")
			return nil, false
		}
		seen |= c
	}
	s.fail("no end of string")
	return nil, false
}

// plain counts the bytes that begin text and need no second look, eight at a
// time: ASCII that is no quote, no backslash and no control character.
func plain(text []byte) (n int) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(text)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(text[n:])
		// Taking more from a byte than it holds sets its top bit. That borrows
		// from the bytes above, which are not looked at: the lowest hit counts.
		hits := (w | (w - ones*' ') | (w ^ ones*'"' - ones) | (w ^ ones*'\\' - ones)) & tops
		if hits != 0 {
			return n + bits.TrailingZeros64(hits)/8
		}
	}
	return n
}

// unescaped goes on with a string at its first escape, in the buffer.
func (s *Scanner) unescaped(start int) ([]byte, bool) {
	first := len(s.buf)
	s.buf = append(s.buf, s.text[start:s.pos]...)
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		switch {
		case c == '"':
			// Escapes add whole characters, so they neither mend nor break
			// the bytes around them.
			text := s.buf[first:len(s.buf):len(s.buf)]
			if !utf8.Valid(text) {
				s.fail("invalid UTF-8")
				return nil, false
			}
			s.pos++
			return text, true
		case c < ' ':
			s.fail("control character")
			return nil, false
		case c != '\\':
			s.pos++
			s.buf = append(s.buf, c)
		case !s.escape():
			return nil, false
		}
	}
	s.fail("no end of string")
	return nil, false
}

// escape reads a backslash and what it stands for.
func (s *Scanner) escape() bool {
	s.pos++
	if s.pos == len(s.text) {
		s.fail("no end of string")
		return false
	}
	c := s.text[s.pos]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		s.pos++
		return s.unicode()
	default:
		s.fail("no such escape")
		return false
	}
	s.pos++
	s.buf = append(s.buf, c)
	return true
}

// unicode reads the digits of \uXXXX, and the second half of a surrogate pair.
func (s *Scanner) unicode() bool {
	r, ok := s.hex4()
	if ok && utf16.IsSurrogate(r) {
		r, ok = s.pair(r)
	}
	if ok {
		s.buf = utf8.AppendRune(s.buf, r)
	}
	return ok
}

// pair reads the escape that has to follow a high surrogate.
func (s *Scanner) pair(high rune) (rune, bool) {
	if s.accept('\\') && s.accept('u') {
		low, ok := s.hex4()
		if r := utf16.DecodeRune(high, low); !ok || r != utf8.RuneError {
			return r, ok
		}
	}
	s.fail("lone surrogate")
	return 0, false
}

func (s *Scanner) hex4() (rune, bool) {
	var r rune
	for range 4 {
		digit, ok := s.hex()
		if !ok {
			s.fail("no hexadecimal digit")
			return 0, false
		}
		r = r<<4 | rune(digit)
		s.pos++
	}
	return r, true
}

func (s *Scanner) hex() (byte, bool) {
	if s.pos == len(s.text) {
		return 0, false
	}
	switch c := s.text[s.pos]; {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
