package jsonscan

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string and returns it without quotes and escapes.
func (s *Scanner) Text() []byte {
	if !s.want(String) {
		return nil
	}
	s.pos++
	start := s.pos
	ascii := true
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			text := s.text[start:s.pos]
			if !ascii && !utf8.Valid(text) {
				s.fail("invalid UTF-8")
				return nil
			}
			s.pos++
			return text
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			s.fail("control character")
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
		s.pos++
	}
	s.fail("no end of string")
	return nil
}

// escaped goes on with a string at its first escape, into the buffer.
func (s *Scanner) escaped(start int) []byte {
	s.buf = append(s.buf[:0], s.text[start:s.pos]...)
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		s.pos++
		switch {
		case c == '"':
			if !utf8.Valid(s.buf) {
				s.fail("invalid UTF-8")
				return nil
			}
			return s.buf
		case c == '\\':
			if !s.escape() {
				return nil
			}
		case c < ' ':
			s.fail("control character")
			return nil
		default:
			s.buf = append(s.buf, c)
		}
	}
	s.fail("no end of string")
	return nil
}

// escape reads what follows a backslash.
func (s *Scanner) escape() bool {
	if s.pos >= len(s.text) {
		s.fail("no end of string")
		return false
	}
	c := s.text[s.pos]
	s.pos++
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
		return s.unicode()
	default:
		s.fail("no such escape")
		return false
	}
	s.buf = append(s.buf, c)
	return true
}

// unicode reads the digits of \uXXXX, and the second half of a pair.
func (s *Scanner) unicode() bool {
	r, ok := s.hex4()
	if ok && utf16.IsSurrogate(r) {
		if !s.accept('\\') || !s.accept('u') {
			s.fail("lone surrogate")
			return false
		}
		var low rune
		if low, ok = s.hex4(); ok {
			r = utf16.DecodeRune(r, low)
			if r == utf8.RuneError {
				s.fail("lone surrogate")
				return false
			}
		}
	}
	if ok {
		s.buf = utf8.AppendRune(s.buf, r)
	}
	return ok
}

func (s *Scanner) hex4() (rune, bool) {
	if len(s.text)-s.pos < 4 {
		s.fail("short escape")
		return 0, false
	}
	var r rune
	for _, c := range s.text[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			s.fail("no hexadecimal digit")
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.pos += 4
	return r, true
}
