package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts draws valid JSON with all the white space and all the ways to write a
// string that the grammar allows.
func texts(depth int) *rapid.Generator[string] {
	scalar := rapid.OneOf(
		rapid.SampledFrom([]string{"true", "false", "null", "0", "-0", "1e5", "-12.50E-03"}),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?`),
		quotedTexts(),
	)
	if depth == 0 {
		return scalar
	}
	return rapid.OneOf(scalar, listed(depth, "[", "]", false), listed(depth, "{", "}", true))
}

func listed(depth int, opening, closing string, keyed bool) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var elements []string
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			element := spaced(t, texts(depth-1).Draw(t, "element"))
			if keyed {
				element = spaced(t, quotedTexts().Draw(t, "key")) + ":" + element
			}
			elements = append(elements, element)
		}
		return opening + strings.Join(elements, ",") + spaced(t, closing)
	})
}

func spaced(t *rapid.T, text string) string {
	space := rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})
	return space.Draw(t, "before") + text + space.Draw(t, "behind")
}

func quotedTexts() *rapid.Generator[string] {
	part := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9 .:-]{0,12}`),
		rapid.SampledFrom([]string{`\n`, `\"`, `\\`, `\/`, `\u0000`, `\u00e9`, `\uD83D\uDE00`, "é", "€", "😀", "\x7f", "\ufffd", "\\u2028"}),
	)
	return rapid.Map(rapid.SliceOfN(part, 0, 5), func(parts []string) string { return `"` + strings.Join(parts, "") + `"` })
}

func TestEveryValidTextIsReadAsByEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := spaced(t, texts(4).Draw(t, "text"))
		if !acceptable([]byte(text)) {
			t.Fatalf("the generator made %q", text)
		}
		check(t, []byte(text))
	})
}

func TestEveryBrokenTextIsJudgedAsByEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(texts(3).Draw(t, "text"))
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "damage") {
		case 0:
			text = text[:at]
		case 1:
			text[at] = rapid.Byte().Draw(t, "byte")
		case 2:
			text = append(text[:at], text[at+1:]...)
		}
		check(t, text)
	})
}

// call makes one of the calls of a Scanner.
func call(s *Scanner, n byte) {
	calls := [...]func(){
		s.Object, s.Array, s.Null, s.Skip,
		func() { s.More() },
		func() { s.Key() },
		func() { s.Text() },
		func() { s.Number() },
		func() { s.Bool() },
		func() { s.Raw() },
		func() { s.Kind() },
		func() { readAny(s) },
	}
	calls[int(n)%len(calls)]()
}

// checkCalls checks that no order of calls panics or gets End to accept what
// is not JSON.
func checkCalls(t rapid.TB, text, calls []byte) {
	t.Helper()
	var s Scanner
	s.Reset(text)
	for _, n := range calls {
		call(&s, n)
		if s.pos > len(text) || s.depth < 0 || s.depth > MaxDepth {
			t.Fatalf("%q: the scanner is at byte %d, level %d", text, s.pos, s.depth)
		}
	}
	if s.End() == nil && !json.Valid(text) {
		t.Fatalf("%q is accepted after the calls %v", text, calls)
	}
}

func TestNoOrderOfCallsAcceptsWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		short := rapid.StringOfN(rapid.RuneFrom([]rune(`{}[],:"a1 `)), 0, 12, -1)
		text := rapid.OneOf(short, texts(2)).Draw(t, "text")
		checkCalls(t, []byte(text), rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "calls"))
	})
}
