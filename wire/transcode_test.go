package wire

import (
	"errors"
	"strings"
	"testing"

	"ticker/internal/jsonscan"
)

func TestEveryFormatOfTheProtocolIsRewritten(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"\x00": "0", "\x7f": "127", "\xff": "-1", "\xe0": "-32",
		"\xcc\xff": "255", "\xcd\x01\x00": "256", "\xce\xff\xff\xff\xff": "4294967295",
		"\xcf\xff\xff\xff\xff\xff\xff\xff\xff": "18446744073709551615",
		"\xd0\x80":                             "-128", "\xd1\x80\x00": "-32768", "\xd2\x7f\xff\xff\xff": "2147483647",
		"\xd3\x80\x00\x00\x00\x00\x00\x00\x00": "-9223372036854775808",
		"\xca\x3f\xc0\x00\x00":                 "1.5", "\xca\x3d\xcc\xcc\xcd": "0.1",
		"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a": "0.1", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00": "-0",
		"\xc0": "null", "\xc2": "false", "\xc3": "true",
		"\xa0": `""`, "\xa1a": `"a"`, "\xd9\x02\"\n": `"\"\u000a"`, "\xda\x00\x02\xc3\xa9": `"é"`,
		"\xdb\x00\x00\x00\x01a": `"a"`,
		"\x90":                  "[]", "\x92\x01\x02": "[1,2]", "\xdc\x00\x01\x01": "[1]", "\xdd\x00\x00\x00\x01\x90": "[[]]",
		"\x80": "{}", "\x82\xa1a\x01\xa1a\x02": `{"a":1,"a":2}`, "\xde\x00\x01\xd9\x01a\x80": `{"a":{}}`,
		"\xdf\x00\x00\x00\x01\xa1a\xc0": `{"a":null}`,
	} {
		if got, err := appendMPAsJSON([]byte("x"), []byte(data)); err != nil || string(got) != "x"+want {
			t.Errorf("%q is %q, %v; want %s", data, got, err, want)
		}
	}
}

func TestWhatTheProtocolDoesNotUseIsRefused(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"nothing":            "",
		"trailing bytes":     "\x01\x01",
		"binary":             "\xc4\x01a",
		"binary 32":          "\xc6\xff\xff\xff\xff",
		"extension":          "\xc7\x01\x01a",
		"time":               "\xd6\xff\x00\x00\x00\x00",
		"never used":         "\xc1",
		"infinity":           "\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",
		"no number":          "\xca\x7f\xc0\x00\x00",
		"invalid UTF-8":      "\xa1\xff",
		"integer as key":     "\x81\x01\x01",
		"list as key":        "\x81\x90\x01",
		"nil as key":         "\x81\xc0\x01",
		"cut text":           "\xa5ab",
		"cut number":         "\xcf\x00",
		"cut list":           "\x93\x01",
		"cut map":            "\x82\xa1a\x01",
		"no value":           "\x81\xa1a",
		"four billion":       "\xdd\xff\xff\xff\xff",
		"four billion pairs": "\xdf\xff\xff\xff\xff\xa1a\x01",
		"four gigabytes":     "\xdb\xff\xff\xff\xffabc",
		"deep":               strings.Repeat("\x91", 10_000) + "\x01",
		"one level too deep": strings.Repeat("\x91", jsonscan.MaxDepth+1) + "\x01",
	} {
		if text, err := appendMPAsJSON(nil, []byte(data)); !errors.Is(err, ErrMsgPack) {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

func TestDepthEndsAtTheSameLevelInBothCodecs(t *testing.T) {
	t.Parallel()
	const deepest = jsonscan.MaxDepth
	text, err := appendMPAsJSON(nil, []byte(strings.Repeat("\x91", deepest)+"\x01"))
	if err != nil {
		t.Fatal(err)
	}
	var s jsonscan.Scanner
	s.Reset(text)
	s.Skip()
	if err := s.End(); err != nil {
		t.Error(err)
	}
}

func TestPushedJSONIsRewrittenWithItsDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"symbol":"A","bid":1.10,"bidSize":3e2,"ts":1763740800000000,"x":[true,null,-5]}`://
		`{"symbol":"A","bid":"1.10","bidSize":"3e2","ts":1763740800000000,"x":[true,null,-5]}`,
		`18446744073709551616`: `"18446744073709551616"`,
		`{"a":`:                `null`,
		``:                     `null`,
		nested(40):             `null`,
	} {
		got, err := appendMPAsJSON(nil, appendJSONAsMP(nil, []byte(text)))
		if err != nil || string(got) != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
}
