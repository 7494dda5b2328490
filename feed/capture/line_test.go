package capture

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzLineHoldsTheMessage(f *testing.F) {
	for _, seed := range []string{raw, "{}", "{\n \"a\": \"b\\n\"\r}", "\n", "", "1: 2", "https://x", "\xff", "\u0085{}"} {
		f.Add([]byte(seed), int64(1_700_000_000_000_001))
	}
	f.Fuzz(func(t *testing.T, message []byte, micros int64) {
		micros = max(micros, 0)
		text := textOf(message)
		if len(text) == 0 {
			if json.Valid(message) && utf8.Valid(message) {
				t.Errorf("refused %q", message)
			}
			return
		}
		line := appendLine(nil, micros, text)
		if len(line) > len(text)+prefixBytes {
			t.Errorf("%d bytes more than the message", len(line)-len(text))
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 || bytes.IndexByte(line, '\r') >= 0 {
			t.Errorf("no line: %q", line)
		}
		_, back, ok := bytes.Cut(line, []byte(": "))
		if !ok || !json.Valid(message) {
			return
		}
		var want, got bytes.Buffer
		if json.Compact(&want, message) != nil || json.Compact(&got, back) != nil || !bytes.Equal(want.Bytes(), got.Bytes()) {
			t.Errorf("%q became %q", message, back)
		}
	})
}
