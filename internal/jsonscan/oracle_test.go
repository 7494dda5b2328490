package jsonscan

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// acceptable says whether a Scanner has to accept text: all that encoding/json
// does, but for the three things that a Scanner is stricter about.
func acceptable(text []byte) bool {
	return json.Valid(text) && utf8.Valid(text) && depth(text) <= MaxDepth && !loneSurrogate(text)
}

// depth returns the deepest nesting of valid JSON.
func depth(text []byte) (deepest int) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	for now := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deepest = max(deepest, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}

var escapes = regexp.MustCompile(`\\(?:u([0-9a-fA-F]{4})|.)`)

// loneSurrogate reports whether the strings of valid JSON hold half of a pair.
func loneSurrogate(text []byte) bool {
	const none = -1
	high, highEnd := rune(none), none
	for _, at := range escapes.FindAllSubmatchIndex(text, -1) {
		var unit rune
		if at[2] >= 0 {
			n, err := strconv.ParseUint(string(text[at[2]:at[3]]), 16, 16)
			if err != nil {
				return true
			}
			unit = rune(n)
		}
		if high != none {
			if at[0] != highEnd || utf16.DecodeRune(high, unit) == utf8.RuneError {
				return true
			}
			high = none
			continue
		}
		switch {
		case unit >= 0xDC00 && unit < 0xE000:
			return true
		case unit >= 0xD800 && unit < 0xDC00:
			high, highEnd = unit, at[1]
		}
	}
	return high != none
}

// readAny reads any value the way that encoding/json decodes one into an any,
// with UseNumber.
func readAny(s *Scanner) any {
	switch s.Kind() {
	case Object:
		object := map[string]any{}
		for s.Object(); s.More(); {
			key := string(s.Key())
			object[key] = readAny(s)
		}
		return object
	case Array:
		array := []any{}
		for s.Array(); s.More(); {
			array = append(array, readAny(s))
		}
		return array
	case String:
		return string(s.Text())
	case Number:
		return json.Number(s.Number())
	case Bool:
		return s.Bool()
	case Null, Invalid:
		s.Null()
	}
	return nil
}

// check holds the scanner against encoding/json on one text, in the three ways
// of reading it: every value, none, and as a whole.
func check(t rapid.TB, text []byte) {
	t.Helper()
	want := acceptable(text)
	var s Scanner
	s.Reset(text)
	got := readAny(&s)
	if err := s.End(); (err == nil) != want {
		t.Fatalf("reading %q: %v, want acceptance: %t", text, err, want)
	}
	read := s.Err()
	s.Reset(text)
	s.Skip()
	if err := s.End(); (err == nil) != want || err != nil && err.Error() != read.Error() {
		t.Fatalf("skipping %q: %v, and reading it: %v", text, err, read)
	}
	s.Reset(text)
	raw := s.Raw()
	if err := s.End(); (err == nil) != want || want && !bytes.Equal(raw, bytes.Trim(text, " \t\r\n")) {
		t.Fatalf("the raw value of %q is %q, %v", text, raw, err)
	}
	if want {
		checkValue(t, text, got)
	}
}

func checkValue(t rapid.TB, text []byte, got any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var want any
	if err := decoder.Decode(&want); err != nil {
		t.Fatalf("encoding/json on %q: %v", text, err)
	}
	// Not cmp.Diff, whose time doubles with every level of nesting.
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("the value of %q is %#v, and %#v to encoding/json", text, got, want)
	}
}
