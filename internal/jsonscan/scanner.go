package jsonscan

import (
	"errors"
	"fmt"
)

// MaxDepth is the deepest nesting that a Scanner follows.
const MaxDepth = 32

// ErrSyntax is the error of every text that is no JSON; ErrKind of a value of
// another kind than was asked for. Both come wrapped, with the place.
var (
	ErrSyntax = errors.New("invalid JSON")
	ErrKind   = errors.New("unexpected kind of value")
)

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds. Invalid stands for the end of the text and for an error.
const (
	Invalid Kind = iota
	Object
	Array
	String
	Number
	Bool
	Null
)

var kindNames = [...]string{"nothing", "an object", "an array", "a string", "a number", "a boolean", "null"}

// String names the kind with its article, for error messages.
func (k Kind) String() string { return kindNames[k] }

// level is one open object or array.
type level struct {
	object bool
	begun  bool // a first element was read
}

// Scanner walks one JSON text.
type Scanner struct {
	text   []byte
	pos    int
	err    error
	depth  int
	levels [MaxDepth]level
	buf    []byte // unescaped strings
}

// Reset begins a new text. The scanner reads it in place.
func (s *Scanner) Reset(text []byte) {
	s.text, s.pos, s.err, s.depth = text, 0, nil, 0
}

// Err returns the first error, or nil.
func (s *Scanner) Err() error { return s.err }

// End reports the first error, and that nothing follows the value.
func (s *Scanner) End() error {
	s.space()
	if s.err == nil && s.pos != len(s.text) {
		s.fail("bytes after the value")
	}
	return s.err
}

func (s *Scanner) fail(what string) {
	if s.err == nil {
		s.err = fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, s.pos)
	}
}

// Kind tells the kind of the value that stands next, without reading it.
func (s *Scanner) Kind() Kind {
	switch c := s.peek(); {
	case c == '{':
		return Object
	case c == '[':
		return Array
	case c == '"':
		return String
	case c == '-', c >= '0' && c <= '9':
		return Number
	case c == 't', c == 'f':
		return Bool
	case c == 'n':
		return Null
	}
	return Invalid
}

// want reports whether a value of kind k stands next, and fails if not.
func (s *Scanner) want(k Kind) bool {
	if s.err != nil {
		return false
	}
	switch got := s.Kind(); got {
	case k:
		return true
	case Invalid:
		s.fail("no value")
	default:
		s.err = fmt.Errorf("%w: %s instead of %s at byte %d", ErrKind, got, k, s.pos)
	}
	return false
}

// peek returns the next byte that is no white space, 0 at the end or after an error.
func (s *Scanner) peek() byte {
	s.space()
	if s.err != nil || s.pos >= len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

func (s *Scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// Object enters an object: call More and Key until More is false.
func (s *Scanner) Object() { s.enter(Object) }

// Array enters an array: read a value each time More is true.
func (s *Scanner) Array() { s.enter(Array) }

func (s *Scanner) enter(k Kind) {
	if !s.want(k) {
		return
	}
	if s.depth == MaxDepth {
		s.fail("nested too deep")
		return
	}
	s.levels[s.depth] = level{object: k == Object}
	s.depth++
	s.pos++
}

// More reports whether the innermost object or array has another element, and
// moves to it; at its end it leaves it.
func (s *Scanner) More() bool {
	if s.err != nil || s.depth == 0 {
		return false
	}
	top := &s.levels[s.depth-1]
	closing := byte(']')
	if top.object {
		closing = '}'
	}
	switch c := s.peek(); {
	case c == closing:
		s.pos++
		s.depth--
		return false
	case !top.begun:
		top.begun = true
		return true
	case c == ',':
		s.pos++
		return true
	}
	s.fail("no comma or end")
	return false
}

// Key reads a key and its colon.
func (s *Scanner) Key() []byte {
	if s.err == nil && s.Kind() != String {
		s.fail("no key")
	}
	key := s.Text()
	if s.peek() != ':' {
		s.fail("no colon")
		return nil
	}
	s.pos++
	return key
}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	if !s.want(Bool) {
		return false
	}
	if s.text[s.pos] == 't' {
		return s.literal("true")
	}
	s.literal("false")
	return false
}

// Null reads null.
func (s *Scanner) Null() {
	if s.want(Null) {
		s.literal("null")
	}
}

func (s *Scanner) literal(word string) bool {
	if end := s.pos + len(word); end <= len(s.text) && string(s.text[s.pos:end]) == word {
		s.pos = end
		return true
	}
	s.fail("no such word")
	return false
}

// Number reads a number and returns its text.
func (s *Scanner) Number() []byte {
	if !s.want(Number) {
		return nil
	}
	start := s.pos
	s.accept('-')
	switch {
	case s.accept('0'):
	case !s.digits():
		return nil
	}
	if s.accept('.') && !s.digits() {
		return nil
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('+') {
			s.accept('-')
		}
		if !s.digits() {
			return nil
		}
	}
	return s.text[start:s.pos]
}

func (s *Scanner) accept(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *Scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 {
		s.pos++
	}
	if s.pos == start {
		s.fail("no digit")
		return false
	}
	return true
}

// Raw reads a value of any kind and returns its text.
func (s *Scanner) Raw() []byte {
	s.space()
	start := s.pos
	s.Skip()
	if s.err != nil {
		return nil
	}
	return s.text[start:s.pos]
}

// Skip reads a value of any kind.
func (s *Scanner) Skip() {
	for base := s.depth; ; {
		s.skipOne()
		for s.depth > base && s.err == nil && !s.More() {
		}
		if s.err != nil || s.depth == base {
			return
		}
		if s.levels[s.depth-1].object {
			s.Key()
		}
	}
}

// skipOne reads a scalar, or enters an object or array.
func (s *Scanner) skipOne() {
	switch s.Kind() {
	case Object:
		s.Object()
	case Array:
		s.Array()
	case String:
		s.Text()
	case Number:
		s.Number()
	case Bool:
		s.Bool()
	case Null:
		s.Null()
	case Invalid:
		s.fail("no value")
	}
}
