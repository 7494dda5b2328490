package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// addRequests seeds a fuzz target with every request, and with some that are
// refused.
func addRequests(f *testing.F, c Codec) {
	f.Helper()
	for _, s := range sampleRequests() {
		f.Add(c.AppendRequest(nil, s.request))
	}
	for _, text := range []string{
		``, `[]`, `{}`, `{"type":"ping","id":"1","id":"2"}`, `{"type":"ping","ID":"1"}`, `{"type":"ping","id":"\ud800"}`,
		`{"type":"command","id":"1","action":"subscribe","symbols":["A"],"interval":"99999999999h"}`,
		`{"type":"query","id":"1","resource":"history","params":{"symbol":"A","from":"2026-11-20T14:30:00Z","to":0}}`,
		`{"x":` + strings.Repeat("[", 40),
	} {
		if c == MsgPack {
			f.Add(appendJSONAsMP(nil, []byte(text)))
		} else {
			f.Add([]byte(text))
		}
	}
}

// checkRequest holds for all bytes: a request that is accepted means the same
// after it was written again, and a refusal can be sent.
func checkRequest(t *testing.T, c Codec, data []byte) {
	t.Helper()
	request, err := c.ParseRequest(data, sampleLimits())
	if err != nil {
		var answer *Error
		if !errors.As(err, &answer) || answer.Code == "" || answer.Message == "" || len(answer.ID) > MaxIDBytes {
			t.Fatalf("%q: refused with %#v", data, err)
		}
		if len(answer.Message) > 512 {
			t.Fatalf("%q: a message of %d bytes", data, len(answer.Message))
		}
		if text := JSON.AppendMessage(nil, answer); !json.Valid(text) {
			t.Fatalf("%q: answered with %s", data, text)
		}
		return
	}
	if len(request.ID) == 0 || len(request.ID) > MaxIDBytes {
		t.Fatalf("%q: accepted with id %q", data, request.ID)
	}
	again, err := c.ParseRequest(c.AppendRequest(nil, request), sampleLimits())
	if err != nil {
		t.Fatalf("%q: accepted, and refused when written again: %v", data, err)
	}
	options := cmp.Options{cmpopts.EquateEmpty()}
	if c == MsgPack { // where a fraction that came as a number is written as a string
		options = append(options, cmp.Comparer(func(a, b Publish) bool { return len(a.Quotes) == len(b.Quotes) }))
	}
	if diff := cmp.Diff(request, again, options); diff != "" {
		t.Fatalf("%q (-read +read again):\n%s", data, diff)
	}
}

func FuzzParseRequestJSON(f *testing.F) {
	addRequests(f, JSON)
	f.Fuzz(func(t *testing.T, data []byte) {
		checkRequest(t, JSON, data)
		if _, err := JSON.ParseRequest(data, sampleLimits()); err == nil && !json.Valid(data) {
			t.Fatalf("%q was accepted and is no JSON", data)
		}
	})
}

func FuzzParseRequestMsgPack(f *testing.F) {
	addRequests(f, MsgPack)
	f.Fuzz(func(t *testing.T, data []byte) {
		checkRequest(t, MsgPack, data)
		if _, err := MsgPack.ParseRequest(data, sampleLimits()); err != nil {
			return
		}
		if _, err := genericMsgPack(data); err != nil {
			t.Fatalf("%q was accepted and is no MessagePack: %v", data, err)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	for _, s := range sampleMessages(f) {
		for _, c := range bothCodecs() {
			f.Add(uint8(c), c.AppendMessage(nil, s.message))
		}
	}
	f.Fuzz(func(t *testing.T, codec uint8, data []byte) {
		c := Codec(codec) % NumCodecs
		m, err := c.ParseMessage(data)
		if err != nil {
			return
		}
		switch m := m.(type) {
		case *Quotes: // whose symbols and cursor are only safe to write if the server is ours
			return
		case *Response:
			for _, s := range sampleResults(t) {
				if m.Decode(s.into) == nil {
					m.Result = s.into
				}
			}
			if m.Result == nil {
				return
			}
		}
		again, err := c.ParseMessage(c.AppendMessage(nil, m))
		if r, ok := m.(*Response); ok && err == nil {
			again.(*Response).Result = r.Result
		}
		if diff := cmp.Diff(m, again, sameValues()); err != nil || diff != "" {
			t.Fatalf("%q: %v (-read +read again):\n%s", data, err, diff)
		}
	})
}

func FuzzTranscode(f *testing.F) {
	for _, s := range sampleMessages(f) {
		f.Add(MsgPack.AppendMessage(nil, s.message))
	}
	for _, data := range []string{
		"\xdd\xff\xff\xff\xff", "\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "\x82\xa1a\x01\xa1a\x02", "\xca\x3d\xcc\xcc\xcd",
		strings.Repeat("\x91", 40) + "\x01", "\xd9\x02\"\n", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := appendMPAsJSON(nil, data)
		if len(text) > 6*len(data)+2 {
			t.Fatalf("%d bytes became %d", len(data), len(text))
		}
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q became %s, which is no JSON", data, text)
		}
		if _, err := genericMsgPack(data); err != nil {
			t.Fatalf("%q became %s, and a library says %v", data, text, err)
		}
		once, err := appendMPAsJSON(nil, appendJSONAsMP(nil, text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		twice, err := appendMPAsJSON(nil, appendJSONAsMP(nil, once))
		if err != nil || string(once) != string(twice) {
			t.Fatalf("%s became %s, then %s, %v", text, once, twice, err)
		}
	})
}
