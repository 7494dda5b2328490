package jsonscan

import (
	"errors"
	"fmt"
)

// MaxDepth is the deepest nesting that a Scanner follows.
const MaxDepth = 32

// The errors of a Scanner come wrapped, with what and where.
var (
	// ErrSyntax: the text is no JSON, or nested deeper than MaxDepth.
	ErrSyntax = errors.New("invalid JSON")
	// ErrKind: the value is of another kind than was asked for.
	ErrKind = errors.New("unexpected kind of value")
	// ErrOrder: the caller asked for something that cannot stand here, like a
	// value without its Key or a second value without More.
	ErrOrder = errors.New("call out of order")
)

// place says what may be read next. It keeps the callers within the grammar:
// whatever they call in whatever order, End is nil only for valid JSON.
type place uint8

const (
	beforeValue place = iota
	beforeKey
	afterOpening // of an object or array
	afterValue
	stopped // by an error
)

// Scanner walks one JSON text.
type Scanner struct {
	text  []byte
	pos   int
	place place
	depth int
	open  [MaxDepth]Kind // the objects and arrays around the place
	err   error
	buf   []byte // unescaped strings, one after the other
}

// Reset begins a new text. The scanner reads it in place.
func (s *Scanner) Reset(text []byte) {
	s.text, s.pos, s.place, s.depth = text, 0, beforeValue, 0
	s.err, s.buf = nil, s.buf[:0]
}

// Err returns the first error, or nil.
func (s *Scanner) Err() error { return s.err }

// End returns the first error, or nil if the value was read to its end and
// nothing follows it.
func (s *Scanner) End() error {
	s.space()
	switch {
	case s.depth > 0 || s.place != afterValue:
		s.misplaced("End")
	case s.pos != len(s.text):
		s.fail("bytes after the value")
	}
	return s.err
}

func (s *Scanner) fail(what string) { s.stop(ErrSyntax, what) }

func (s *Scanner) misplaced(call string) { s.stop(ErrOrder, call) }

func (s *Scanner) stop(err error, what string) {
	if s.err == nil {
		s.err = fmt.Errorf("%w: %s at byte %d", err, what, s.pos)
		s.place = stopped
	}
}

// Kind tells the kind of the value that stands next, without reading it.
func (s *Scanner) Kind() Kind {
	if s.place == stopped {
		return Invalid
	}
	return kindOf(s.peek())
}

// peek moves to the next byte that is no white space and returns it, 0 at the end.
// Machines write none: the first look is nearly always the last.
func (s *Scanner) peek() byte {
	if s.pos < len(s.text) && s.text[s.pos] > ' ' {
		return s.text[s.pos]
	}
	return s.peekFar()
}

// peekFar is peek where white space, or the end, may stand next.
func (s *Scanner) peekFar() byte {
	s.space()
	if s.pos == len(s.text) {
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

func (s *Scanner) accept(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// begin reports whether a value of kind k stands next, for the caller to read
// to its end. Otherwise it stops the scanner.
func (s *Scanner) begin(k Kind) bool {
	if s.place != beforeValue {
		s.misplaced("a value")
		return false
	}
	switch got := kindOf(s.peek()); got {
	case k:
		s.place = afterValue
		return true
	case Invalid:
		s.fail("no value")
	default:
		s.stop(ErrKind, got.String()+" instead of "+k.String())
	}
	return false
}

// Object enters an object: call More and Key until More is false.
func (s *Scanner) Object() { s.enter(Object) }

// Array enters an array: read a value each time More is true.
func (s *Scanner) Array() { s.enter(Array) }

func (s *Scanner) enter(k Kind) {
	switch {
	case !s.begin(k):
	case s.depth == MaxDepth:
		s.fail("nested too deep")
	default:
		s.open[s.depth] = k
		s.depth++
		s.pos++
		s.place = afterOpening
	}
}

// More reports whether the innermost object or array has another element, and
// moves to it; at its end it leaves it. Outside of any it is false.
func (s *Scanner) More() bool {
	switch {
	case s.depth == 0:
		return false
	case s.place != afterOpening && s.place != afterValue:
		s.misplaced("More")
		return false
	}
	closing, element := byte(']'), beforeValue
	if s.open[s.depth-1] == Object {
		closing, element = '}', beforeKey
	}
	switch c := s.peek(); {
	case c == closing:
		s.pos++
		s.depth--
		s.place = afterValue
		return false
	case s.place == afterValue && c != ',':
		s.fail("no comma or end")
		return false
	case s.place == afterValue:
		s.pos++
	}
	s.place = element
	return true
}

// Key reads a key and its colon, and moves to the value. It returns nil after
// an error.
func (s *Scanner) Key() []byte {
	switch {
	case s.place != beforeKey:
		s.misplaced("Key")
		return nil
	case s.peek() != '"':
		s.fail("no key")
		return nil
	}
	key, ok := s.quoted()
	switch {
	case !ok:
		return nil
	case s.peek() != ':':
		s.fail("no colon")
		return nil
	}
	s.pos++
	s.place = beforeValue
	return key
}
