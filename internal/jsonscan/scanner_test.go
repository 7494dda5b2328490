package jsonscan

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scanning returns a scanner at the beginning of text.
func scanning(text string) *Scanner {
	s := new(Scanner)
	s.Reset([]byte(text))
	return s
}

func TestScannerReadsWhatTheCallerWants(t *testing.T) {
	t.Parallel()
	type quote struct {
		Symbol, Bid, Raw string
		Sizes            []string
		Live             bool
	}
	s := scanning(` { "symbol" : "BTC-USD", "bid":64213.10, "unused":[{"a":[1,2]},null], "sizes":[1,2e3,-0.5],
		"halt":null, "live":true, "raw": {"x" : [ ] } , "end":{} } `)
	var got quote
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "symbol":
			got.Symbol = string(s.Text())
		case "bid":
			got.Bid = string(s.Number())
		case "sizes":
			for s.Array(); s.More(); {
				got.Sizes = append(got.Sizes, string(s.Number()))
			}
		case "halt":
			s.Null()
		case "live":
			got.Live = s.Bool()
		case "raw":
			got.Raw = string(s.Raw())
		default:
			s.Skip()
		}
	}
	want := quote{Symbol: "BTC-USD", Bid: "64213.10", Sizes: []string{"1", "2e3", "-0.5"}, Live: true, Raw: `{"x" : [ ] }`}
	if diff := cmp.Diff(want, got); diff != "" || s.End() != nil {
		t.Errorf("error %v (-want +got):\n%s", s.End(), diff)
	}
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, text := range seeds() {
		check(t, []byte(text))
	}
}

func TestEachMistakeIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:              "no value at byte 0",
		` `:             "no value at byte 1",
		`x`:             "no value at byte 0",
		`]`:             "no value at byte 0",
		"\ufeff1":       "no value at byte 0",
		`[1,]`:          "no value at byte 3",
		`{"a":}`:        "no value at byte 5",
		`+1`:            "no value at byte 0",
		`.5`:            "no value at byte 0",
		`1 1`:           "bytes after the value at byte 2",
		`{}}`:           "bytes after the value at byte 2",
		`01`:            "bytes after the value at byte 1",
		`1.5.2`:         "bytes after the value at byte 3",
		"1\x00":         "bytes after the value at byte 1",
		`// no`:         "no value at byte 0",
		`[1 2]`:         "no comma or end at byte 3",
		`[1`:            "no comma or end at byte 2",
		`{"a":1`:        "no comma or end at byte 6",
		`{"a":1]`:       "no comma or end at byte 6",
		`["a":1]`:       "no comma or end at byte 4",
		`{,}`:           "no key at byte 1",
		`{"a":1,}`:      "no key at byte 7",
		`{a:1}`:         "no key at byte 1",
		`{1:1}`:         "no key at byte 1",
		`{`:             "no key at byte 1",
		`{"a"}`:         "no colon at byte 4",
		`{"a" 1}`:       "no colon at byte 5",
		`{"a"`:          "no colon at byte 4",
		`-`:             "no digit at byte 1",
		`-x`:            "no digit at byte 1",
		`1.`:            "no digit at byte 2",
		`1.e5`:          "no digit at byte 2",
		`1e`:            "no digit at byte 2",
		`1e+-1`:         "no digit at byte 3",
		`tru`:           "no such word at byte 0",
		`True`:          "no value at byte 0",
		`nil`:           "no such word at byte 0",
		`[fals]`:        "no such word at byte 1",
		`"a`:            "no end of string at byte 2",
		`"a\`:           "no end of string at byte 3",
		`"\n`:           "no end of string at byte 3",
		"\"a\nb\"":      "control character at byte 2",
		"\"\\n\x1f\"":   "control character at byte 3",
		`"\x41"`:        "no such escape at byte 2",
		`"\U0041"`:      "no such escape at byte 2",
		`"\u00g0"`:      "no hexadecimal digit at byte 5",
		`"\u00`:         "no hexadecimal digit at byte 5",
		`"\ud83d"`:      "lone surrogate at byte 7",
		`"\ud83d\n"`:    "lone surrogate at byte 8",
		`"\ud83dx"`:     "lone surrogate at byte 7",
		`"\ud83d\u0041`: "lone surrogate at byte 13",
		`"\ude00"`:      "lone surrogate at byte 7",
		`"\ude00\ud83d`: "lone surrogate at byte 13",
		`"\ud83d\u00z`:  "no hexadecimal digit at byte 11",
		"\"\xff\"":      "invalid UTF-8 at byte 2",
		"\"\\n\xff\"":   "invalid UTF-8 at byte 4",
		"\"\xc3\\n\xa9": "no end of string at byte 5",
	} {
		s := scanning(text)
		s.Skip()
		err := s.End()
		if !errors.Is(err, ErrSyntax) || err.Error() != "invalid JSON: "+want {
			t.Errorf("%q gives %v, want %s", text, err, want)
		}
		check(t, []byte(text))
	}
}

func TestNestingIsFollowedToItsLimitAndNoFurther(t *testing.T) {
	t.Parallel()
	nest := func(n int) string { return strings.Repeat(`[{"a":`, n/2) + "1" + strings.Repeat(`}]`, n/2) }
	s := scanning(nest(MaxDepth))
	if s.Skip(); s.End() != nil {
		t.Errorf("%d levels: %v", MaxDepth, s.Err())
	}
	for _, text := range []string{"[" + nest(MaxDepth) + "]", strings.Repeat("[", 10_000), strings.Repeat(`{"a":`, 10_000)} {
		s = scanning(text)
		if s.Skip(); !errors.Is(s.End(), ErrSyntax) || !strings.Contains(s.Err().Error(), "nested too deep") {
			t.Errorf("%d bytes of nesting: %v", len(text), s.Err())
		}
	}
}

func TestKindsAreNamedWithTheirArticle(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]string{
		Invalid: "nothing", Object: "an object", Array: "an array", String: "a string",
		Number: "a number", Bool: "a boolean", Null: "null", Null + 1: "nothing", 255: "nothing",
	} {
		if got := kind.String(); got != want {
			t.Errorf("kind %d is named %q, want %q", kind, got, want)
		}
	}
}

// readers are the calls that read one value each, by the kind they want. Each
// reports whether it returned anything.
func readers() map[Kind]func(*Scanner) bool {
	return map[Kind]func(*Scanner) bool{
		Object: func(s *Scanner) bool { s.Object(); return s.More() },
		Array:  func(s *Scanner) bool { s.Array(); return s.More() },
		String: func(s *Scanner) bool { return s.Text() != nil },
		Number: func(s *Scanner) bool { return s.Number() != nil },
		Bool:   func(s *Scanner) bool { return s.Bool() },
		Null:   func(s *Scanner) bool { s.Null(); return s.Err() == nil },
	}
}

func TestAValueOfAnotherKindStopsTheScanner(t *testing.T) {
	t.Parallel()
	for kind, text := range map[Kind]string{Object: `{"a":1}`, Array: `[1]`, String: `"a"`, Number: `1`, Bool: `true`, Null: `null`} {
		for asked, read := range readers() {
			s := scanning(text)
			if s.Kind() != kind {
				t.Errorf("%s is told to be %v", text, s.Kind())
			}
			if asked == kind {
				if !read(s) || s.Err() != nil {
					t.Errorf("%s is not read as %v: %v", text, kind, s.Err())
				}
				continue
			}
			if read(s) || !errors.Is(s.Err(), ErrKind) || errors.Is(s.Err(), ErrSyntax) {
				t.Errorf("%s was read as %v: %v", text, asked, s.Err())
			}
			if want := "unexpected kind of value: " + kind.String() + " instead of " + asked.String() + " at byte 0"; s.Err().Error() != want {
				t.Errorf("the error is %q, want %q", s.Err(), want)
			}
			checkStopped(t, s)
		}
	}
}

// checkStopped checks that nothing can be had of a scanner with an error.
func checkStopped(t *testing.T, s *Scanner) {
	t.Helper()
	first := s.Err()
	for kind, read := range readers() {
		if read(s) {
			t.Errorf("after %v the scanner reads %v", first, kind)
		}
	}
	s.Skip()
	if s.Key() != nil || s.Raw() != nil || s.More() || s.Kind() != Invalid {
		t.Errorf("after %v the scanner goes on", first)
	}
	if s.End() != first || s.Err() != first { //nolint:errorlint // the very same error has to stay
		t.Errorf("after %v the error became %v", first, s.Err())
	}
}

func TestMistakesInTheTextStopTheScanner(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[1,`, `{"a"`, `["\q", 1]`, `[tru, {"a":1}]`, `[-]`} {
		s := scanning(text)
		if s.Skip(); s.Err() == nil {
			t.Fatalf("%q has no mistake", text)
		}
		checkStopped(t, s)
	}
}

func TestResetMakesTheScannerNew(t *testing.T) {
	t.Parallel()
	s := scanning(`[[[`)
	s.Skip()
	s.Reset([]byte(`{"a":[true]}`))
	if s.Skip(); s.End() != nil {
		t.Errorf("after Reset: %v", s.Err())
	}
}

func TestCallsOutOfOrderStopTheScanner(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		call func(s *Scanner)
	}{
		"a second value":         {`1 2`, func(s *Scanner) { s.Number(); s.Number() }},
		"a second element":       {`[1 2]`, func(s *Scanner) { s.Array(); s.More(); s.Number(); s.Number() }},
		"an element before More": {`[1]`, func(s *Scanner) { s.Array(); s.Number() }},
		"More twice":             {`[1]`, func(s *Scanner) { s.Array(); s.More(); s.More() }},
		"More behind a comma":    {`[1,]`, func(s *Scanner) { s.Array(); s.More(); s.Number(); s.More(); s.More() }},
		"More for a value":       {`{"a":1}`, func(s *Scanner) { s.Object(); s.More(); s.Key(); s.More() }},
		"a key before More":      {`{"a":1}`, func(s *Scanner) { s.Object(); s.Key() }},
		"a key as a value":       {`{"a":1}`, func(s *Scanner) { s.Object(); s.More(); s.Text() }},
		"a key skipped":          {`{"a":1}`, func(s *Scanner) { s.Object(); s.More(); s.Skip() }},
		"a key in an array":      {`["a":1]`, func(s *Scanner) { s.Array(); s.More(); s.Key() }},
		"a key outside":          {`"a":1`, func(s *Scanner) { s.Key() }},
		"a key twice":            {`{"a":"b":1}`, func(s *Scanner) { s.Object(); s.More(); s.Key(); s.Key() }},
	} {
		s := scanning(c.text)
		if c.call(s); !errors.Is(s.Err(), ErrOrder) {
			t.Errorf("%s: %v", name, s.Err())
		}
		checkStopped(t, s)
	}
}

func TestTheEndIsOnlyBehindTheValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		call func(s *Scanner)
	}{
		"of nothing":               {``, func(*Scanner) {}},
		"before the value":         {`1`, func(*Scanner) {}},
		"before an element":        {`[1]`, func(s *Scanner) { s.Array() }},
		"behind an element":        {`[1]`, func(s *Scanner) { s.Array(); s.More(); s.Number() }},
		"behind an open array":     {`[1`, func(s *Scanner) { s.Array(); s.More(); s.Number() }},
		"behind an opened array":   {`[`, func(s *Scanner) { s.Array() }},
		"behind a key":             {`{"a":`, func(s *Scanner) { s.Object(); s.More(); s.Key() }},
		"behind an object's comma": {`{"a":1,`, func(s *Scanner) { s.Object(); s.More(); s.Key(); s.Number(); s.More() }},
	} {
		s := scanning(c.text)
		if c.call(s); s.Err() != nil {
			t.Errorf("%s: %v before the end", name, s.Err())
		}
		if err := s.End(); !errors.Is(err, ErrOrder) {
			t.Errorf("%s: %v", name, err)
		}
		checkStopped(t, s)
	}
}

func TestMoreOutsideOfAnythingIsFalse(t *testing.T) {
	t.Parallel()
	s := scanning(`1`)
	if s.More() || s.Err() != nil {
		t.Errorf("before the value More says there is more: %v", s.Err())
	}
	s.Number()
	if s.More() || s.End() != nil {
		t.Errorf("after the value More says there is more: %v", s.Err())
	}
}

func TestTheZeroScannerHasNothingToRead(t *testing.T) {
	t.Parallel()
	var s Scanner
	if s.Kind() != Invalid || s.Text() != nil || !errors.Is(s.End(), ErrSyntax) {
		t.Errorf("the zero scanner reads a value: %v", s.Err())
	}
}
