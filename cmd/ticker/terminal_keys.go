package main

// stroke is what was typed: a character of ASCII, or one of the keys below.
type stroke int

// Keys that are control characters.
const (
	keyCtrlC stroke = 3
	keyCtrlD stroke = 4
	keyCtrlL stroke = 12
	keyEnter stroke = '\r'
	keyCtrlU stroke = 21
	keyCtrlZ stroke = 26
)

// Keys that send more than one byte, or of which terminals send different ones.
const (
	keyEscape stroke = -1 - iota
	keyBackspace
	keyUp
	keyDown
	keyPageUp
	keyPageDown
	keyHome
	keyEnd
)

// keyReader makes keys of bytes. Sequences of keys that it does not know, and
// characters beyond ASCII, are passed over as a whole.
type keyReader struct {
	place  place
	number int // the first parameter of a sequence
	first  bool
}

// place is what the next byte belongs to.
type place uint8

const (
	nothing  place = iota
	escape         // ESC
	sequence       // ESC [
	single         // ESC O: one byte follows
)

// read takes one byte, and returns the key that it ends; 0 for none.
func (r *keyReader) read(c byte) stroke {
	switch r.place {
	case escape:
		return r.escaped(c)
	case sequence:
		return r.inSequence(c)
	case single:
		r.place = nothing
		return finalKey(c)
	case nothing:
	}
	switch {
	case c == 0x1b:
		r.place = escape
	case c == 0x7f || c == 8:
		return keyBackspace
	case c == '\n':
		return keyEnter
	case c < 0x80:
		return stroke(c)
	}
	return 0
}

// unfinished reports whether bytes were read that more may belong to.
func (r *keyReader) unfinished() bool { return r.place != nothing }

// finish returns the key of what was read, when nothing more has come: a lone
// ESC is the key of that name.
func (r *keyReader) finish() stroke {
	was := r.place
	r.place = nothing
	if was == escape {
		return keyEscape
	}
	return 0
}

func (r *keyReader) escaped(c byte) stroke {
	switch c {
	case '[':
		r.place, r.number, r.first = sequence, 0, true
	case 'O':
		r.place = single
	case 0x1b:
		return keyEscape
	default:
		r.place = nothing // a key together with Alt
	}
	return 0
}

func (r *keyReader) inSequence(c byte) stroke {
	const maxNumber = 1000 // no key has one like it
	switch {
	case c >= '0' && c <= '9':
		if r.first && r.number < maxNumber {
			r.number = 10*r.number + int(c-'0')
		}
	case c >= 0x20 && c < 0x40:
		r.first = false
	case c == 0x1b:
		r.place = escape
	default:
		r.place = nothing
		if c == '~' {
			return numberedKey(r.number)
		}
		return finalKey(c)
	}
	return 0
}

// numberedKey returns the key of ESC [ number ~.
func numberedKey(number int) stroke {
	switch number {
	case 1, 7:
		return keyHome
	case 4, 8:
		return keyEnd
	case 5:
		return keyPageUp
	case 6:
		return keyPageDown
	}
	return 0
}

// finalKey returns the key of ESC [ c or ESC O c.
func finalKey(c byte) stroke {
	switch c {
	case 'A':
		return keyUp
	case 'B':
		return keyDown
	case 'H':
		return keyHome
	case 'F':
		return keyEnd
	case 'M':
		return keyEnter
	}
	return 0
}
