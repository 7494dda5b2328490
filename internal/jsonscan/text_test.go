package jsonscan

import (
	"bytes"
	"strings"
	"testing"
)

func TestStringsComeWithoutQuotesAndEscapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`""`:                               "",
		`"AAPL"`:                           "AAPL",
		`"\""`:                             `"`,
		`"a\\b\/c"`:                        `a\b/c`,
		`"\b\f\n\r\t"`:                     "\b\f\n\r\t",
		`"\u0041\u00e9\u20AC"`:             "Aé€",
		`"\u0000"`:                         "\x00",
		`"\uFFFD\uffff"`:                   "\ufffd\uffff",
		`"\ud83d\ude00"`:                   "😀",
		`"\uD800\uDC00\uDBFF\uDFFF"`:       "\U00010000\U0010FFFF",
		`"é\n€ 😀"`:                         "é\n€ 😀",
		"\"\x7f\u2028\"":                   "\x7f\u2028",
		`"\\u0041"`:                        `\u0041`,
		`"a plain string of many words"`:   "a plain string of many words",
		`"and one of them is \"quoted\" "`: `and one of them is "quoted" `,
	} {
		s := scanning(text)
		if got := s.Text(); string(got) != want || got == nil || s.End() != nil {
			t.Errorf("%s is read as %q, %v", text, got, s.Err())
		}
		check(t, []byte(text))
	}
}

func TestEveryByteIsFoundAtEveryPlaceOfAString(t *testing.T) {
	t.Parallel()
	for place := range 20 {
		for c := range 256 {
			text := []byte(`"` + strings.Repeat("x", 20) + `"`)
			text[1+place] = byte(c)
			check(t, text)
		}
	}
}

func TestSlicesStayGoodUntilReset(t *testing.T) {
	t.Parallel()
	s := scanning(`{"\u0061":"\u0062","c":"d","\u0065":["\u0066",1.50],"skipped":"\u0067\u0068","\u0069":"\u006a"}`)
	var got [][]byte
	for s.Object(); s.More(); {
		key := s.Key()
		got = append(got, key)
		switch s.Kind() {
		case String:
			if string(key) == "skipped" {
				s.Skip()
			} else {
				got = append(got, s.Text())
			}
		default:
			got = append(got, s.Raw())
		}
	}
	var joined []string
	for _, slice := range got {
		joined = append(joined, string(slice))
	}
	if want := `a b c d e ["\u0066",1.50] skipped i j`; strings.Join(joined, " ") != want || s.End() != nil {
		t.Errorf("read %q, %v", joined, s.Err())
	}
}

func TestAppendingToASliceOverwritesNothing(t *testing.T) {
	t.Parallel()
	const text = `{"plain":["\u0041","\u0042",1.5,{"a":2}],"behind":0}`
	s := scanning(text)
	s.Object()
	s.More()
	key := s.Key()
	s.Array()
	s.More()
	first := s.Text()
	s.More()
	second := s.Text()
	s.More()
	number := s.Number()
	s.More()
	raw := s.Raw()
	for _, slice := range [][]byte{key, first, number, raw} {
		_ = append(slice, "XXXX"...)
	}
	if string(s.text) != text || string(second) != "B" {
		t.Errorf("the text became %s, and its second string %q", s.text, second)
	}
}

func TestEveryByteIsJudgedInAnEscape(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for _, text := range []string{`"\?"`, `"\u?041"`, `"\u004?"`, `"\ud83d\ude0?"`, `"\ud83d\u?e00"`} {
			check(t, bytes.Replace([]byte(text), []byte("?"), []byte{byte(c)}, 1))
		}
	}
}

func TestTheBufferGrowsNoLongerThanTheText(t *testing.T) {
	t.Parallel()
	text := "[" + strings.Repeat(`"\u0041\n",`, 1000) + "1]"
	s := scanning(text)
	readAny(s)
	if err := s.End(); err != nil || len(s.buf) > len(text) {
		t.Errorf("%d bytes of text left %d in the buffer, %v", len(text), len(s.buf), err)
	}
	if s.Reset(nil); len(s.buf) != 0 {
		t.Errorf("Reset left %d bytes in the buffer", len(s.buf))
	}
}
