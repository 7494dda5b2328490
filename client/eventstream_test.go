package client

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readAll returns the events of a stream as text.
func readAll(in io.Reader, limit int) (events []string, err error) {
	s := newEventStream(in, limit)
	for {
		e, err := s.next()
		if err != nil {
			return events, err
		}
		events = append(events, e.name+"="+string(e.data))
	}
}

func TestEventStreamIsReadAsItsFormatSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"events of the service": {
			"event: quotes\nid: c1\ndata: {\"a\":1}\n\nevent: heartbeat\ndata: {}\n\n",
			[]string{`quotes={"a":1}`, "heartbeat={}"},
		},
		"every end of line":        {"data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n", []string{"message=1", "message=2", "message=3"}},
		"data of several lines":    {"data: 1\ndata:2\ndata:  3\n\n", []string{"message=1\n2\n 3"}},
		"comments and waits":       {": hello\nretry: 5\n\n:\ndata: 1\n\n", []string{"message=1"}},
		"a name without data":      {"event: lost\n\ndata: 1\n\n", []string{"message=1"}},
		"fields without a colon":   {"data\n\nevent\ndata: 1\n\n", []string{"message=", "=1"}},
		"a byte order mark":        {"\ufeffdata: 1\n\n", []string{"message=1"}},
		"a second mark is no mark": {"\ufeff\ufeffdata: 1\n\n", nil},
		"an event that breaks off": {"data: 1\n\ndata: 2\n", []string{"message=1"}},
		"less than a mark":         {"\xef", nil},
		"nothing":                  {"", nil},
		"unknown fields":           {"data-x: 1\nDATA: 2\ndata: 3\n\n", []string{"message=3"}},
	} {
		for piece, in := range map[string]io.Reader{
			"whole":        strings.NewReader(c.text),
			"byte by byte": iotest.OneByteReader(strings.NewReader(c.text)),
		} {
			got, err := readAll(in, 100)
			if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("%s, %s: %v (-want +got):\n%s", name, piece, err, diff)
			}
		}
	}
}

func TestEventStreamIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	for name, text := range map[string]string{
		"a long line":    "data: " + long,
		"a long comment": ":" + long,
		"many lines":     strings.Repeat("data: 1234567890\n", 100),
		"empty lines":    strings.Repeat("data\n", 2000),
	} {
		if _, err := readAll(strings.NewReader(text), 1000); !errors.Is(err, errEventSize) {
			t.Errorf("%s: %v, want errEventSize", name, err)
		}
	}
	fits := "data: " + strings.Repeat("x", 900) + "\n\n"
	if got, _ := readAll(strings.NewReader(strings.Repeat(fits, 5)), 1000); len(got) != 5 {
		t.Errorf("%d events within the bound, want 5", len(got))
	}
}

// FuzzEventStream gives the reader whatever a stream may hold: it must read the same
// in one piece and byte by byte, and stay within its bound.
func FuzzEventStream(f *testing.F) {
	for _, seed := range []string{
		"event: quotes\nid: c\ndata: {}\n\n", "\ufeffdata:1\r\n\r\ndata:2\r\r", ":\n\n\n", "data", "\xef\xbb", "event:a\n\nretry: 1\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const limit = 64
		whole, wholeErr := readAll(bytes.NewReader(text), limit)
		pieces, piecesErr := readAll(iotest.OneByteReader(bytes.NewReader(text)), limit)
		if diff := cmp.Diff(whole, pieces); diff != "" || !errors.Is(piecesErr, wholeErr) {
			t.Fatalf("%v and %v (-whole +pieces):\n%s", wholeErr, piecesErr, diff)
		}
		for _, e := range whole {
			if len(e) > 2*limit+1 {
				t.Fatalf("event of %d bytes", len(e))
			}
		}
	})
}
