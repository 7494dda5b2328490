package jsonscan

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	if !s.begin(Bool) {
		return false
	}
	if s.text[s.pos] == 't' {
		return s.word("true")
	}
	s.word("false")
	return false
}

// Null reads null.
func (s *Scanner) Null() {
	if s.begin(Null) {
		s.word("null")
	}
}

func (s *Scanner) word(w string) bool {
	if end := s.pos + len(w); end <= len(s.text) && string(s.text[s.pos:end]) == w {
		s.pos = end
		return true
	}
	s.fail("no such word")
	return false
}

// Number reads a number and returns its text, nil after an error.
func (s *Scanner) Number() []byte {
	if !s.begin(Number) {
		return nil
	}
	start := s.pos
	s.accept('-')
	if !s.accept('0') && !s.digits() {
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
	return s.text[start:s.pos:s.pos]
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

// Text reads a string and returns it without quotes and escapes, nil after an
// error.
func (s *Scanner) Text() []byte {
	if !s.begin(String) {
		return nil
	}
	text, _ := s.quoted()
	return text
}

// Raw reads a value of any kind and returns its text, nil after an error.
func (s *Scanner) Raw() []byte {
	s.space()
	start := s.pos
	s.Skip()
	if s.err != nil {
		return nil
	}
	return s.text[start:s.pos:s.pos]
}

// Skip reads a value of any kind.
func (s *Scanner) Skip() {
	depth := s.depth
	s.step()
	for s.depth > depth && s.err == nil {
		if s.More() {
			if s.place == beforeKey {
				s.Key()
			}
			s.step()
		}
	}
}

// step reads a scalar, or enters an object or array.
func (s *Scanner) step() {
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
	case Null, Invalid:
		s.Null() // which says if there is no value
	}
}
