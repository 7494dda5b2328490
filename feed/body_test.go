package feed_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed"
)

type placed struct {
	Line   int
	Record string
}

func split(body string) ([]placed, error) {
	records, err := feed.SplitBody([]byte(body))
	if err != nil {
		return nil, err
	}
	var got []placed
	for line, record := range records {
		got = append(got, placed{line, string(record)})
	}
	return got, nil
}

func TestBodyIsAnObjectAnArrayOrLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want []placed
	}{
		"nothing":                 {"", nil},
		"white space":             {" \r\n\t\n", nil},
		"one object":              {`{"a":1}`, []placed{{1, `{"a":1}`}}},
		"one object, many lines":  {"{\n \"a\":1\n}", []placed{{1, "{\n \"a\":1\n}"}}},
		"one object, many levels": {"{\n \"a\":[{\n}]\n}", []placed{{1, "{\n \"a\":[{\n}]\n}"}}},
		"empty array":             {" [ ] \n", nil},
		"array":                   {"[ {\"a\":1} ,\n{},null,\n[1,2] ]", []placed{{1, `{"a":1}`}, {2, `{}`}, {3, `null`}, {4, `[1,2]`}}},
		"lines":                   {"{}\n{\"a\":1}\n", []placed{{1, `{}`}, {2, `{"a":1}`}}},
		"no final newline":        {"{}\n{}", []placed{{1, `{}`}, {2, `{}`}}},
		"CRLF":                    {"{}\r\n{}\r\n", []placed{{1, `{}`}, {2, `{}`}}},
		"empty lines are counted": {"\n\n{}\n \t\n{}\n", []placed{{3, `{}`}, {5, `{}`}}},
		"a bad line":              {"{}\n{\"a\":\n{}", []placed{{1, `{}`}, {2, `{"a":`}, {3, `{}`}}},
		"a bad first line":        {"{\"a\":\n{}", []placed{{1, `{"a":`}, {2, `{}`}}},
		"no JSON":                 {"hello\nworld", []placed{{1, `hello`}, {2, `world`}}},
		"a number":                {"1", []placed{{1, `1`}}},
		"two objects in a line":   {"{}{}", []placed{{1, `{}{}`}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := split(c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestArrayThatIsBrokenYieldsNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"[", "[{}", "[{},", "[{},]", "[{}]]", "[{}]\n[{}]", "[{} {}]", "[{]}]", "[" + strings.Repeat("[", 100_000),
	} {
		if got, err := split(body); !errors.Is(err, feed.ErrMalformed) || got != nil {
			t.Errorf("%.20s: %v, %v", body, got, err)
		}
	}
}

func TestRecordsMayBeLeftUnread(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"[{},{}]", "{}\n{}", "{}"} {
		records, err := feed.SplitBody([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for range records {
			seen++
			break
		}
		if seen != 1 {
			t.Errorf("%q yields %d", body, seen)
		}
	}
}

func FuzzSplitBody(f *testing.F) {
	for _, seed := range []string{"", "{}", "[{},{}]", "{}\n\n{}\r\n", "[{}", "{\n}", "\"\\u0000\"\n1", "[[[[[1]]]]]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		records, err := feed.SplitBody(body)
		if err != nil {
			return
		}
		var got [][]byte
		last, left := 0, body
		for line, record := range records {
			// Every record is a stretch of the body behind the one before.
			at := bytes.Index(left, record)
			if line <= last || len(record) == 0 || at < 0 {
				t.Fatalf("line %d behind %d: %q", line, last, record)
			}
			last, left = line, left[at+len(record):]
			got = append(got, record)
		}
		var want []json.RawMessage
		if json.Unmarshal(body, &want) == nil && bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
			if !slices.EqualFunc(want, got, func(a json.RawMessage, b []byte) bool { return bytes.Equal(a, b) }) {
				t.Errorf("elements %q, want %q", got, want)
			}
		}
	})
}
