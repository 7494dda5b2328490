package wire

import (
	"encoding/json"
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// durationForm is how time.ParseDuration says that durations are written.
var durationForm = regexp.MustCompile(`^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`)

// FuzzParseDuration reads anything as a duration: the form alone decides whether it is
// one, and one that is too long for a number is the longest.
func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"250ms", "1m30s", "0", "-0", "00", "+.5h", ".h", "1.s", "99999999999h", "-99999999999h", "9223372036854775808ns", "1", "", "fast", "1µs", "1d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseDuration(text)
		if (err == nil) != durationForm.MatchString(text) {
			t.Fatalf("ParseDuration(%q) = %v, %v", text, got, err)
		}
		want, wantErr := time.ParseDuration(text)
		switch {
		case err != nil:
			want = 0
		case wantErr != nil && text[0] == '-':
			want = math.MinInt64
		case wantErr != nil:
			want = math.MaxInt64
		}
		if got != want {
			t.Fatalf("ParseDuration(%q) = %v, want %v", text, got, want)
		}
	})
}

// FuzzParseTime reads anything as a time: what is taken can be written, and is the same
// when it is read again.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{
		"0", "1763740800000000", "-1", "+5", "1e3", "2026-11-20T14:30:00Z", "2026-11-20T14:30:00.123456789+05:30", "1969-12-31T23:59:59.9Z",
		"9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "9223372036854775808", "2026-11-20", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		micros, err := ParseTime(text)
		if err != nil {
			if micros != 0 {
				t.Fatalf("ParseTime(%q) = %d, %v", text, micros, err)
			}
			return
		}
		written := time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		if again, err := ParseTime(written); micros < 0 || again != micros || err != nil {
			t.Fatalf("ParseTime(%q) = %d, and %s is %d, %v", text, micros, written, again, err)
		}
	})
}

// FuzzParseProblem reads anything as the body of an HTTP error, which may be that of a
// proxy on the way.
func FuzzParseProblem(f *testing.F) {
	f.Add(NewProblem(CodeNotFound, "no such symbol").Append(nil))
	for _, text := range []string{
		`{"type":"https://proxy.example/busy","title":"Busy","status":503,"detail":"later","instance":"/1","more":[{}]}`,
		`{"status":"404"}`, `{"status":1e400}`, `{"title":null}`, `{"code":"\ud800"}`, `{"code":"a","code":"b"}`, `[]`, `<html>`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProblem(data)
		if err != nil {
			return
		}
		text := p.Append(nil)
		again, err := ParseProblem(text)
		if diff := cmp.Diff(p, again); err != nil || diff != "" || !json.Valid(text) {
			t.Fatalf("%q: %v (-read +read again):\n%s", data, err, diff)
		}
	})
}
