package market

import (
	"fmt"
	"testing"
)

func TestStatusIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for s, name := range map[Status]string{Live: "live", Stale: "stale", Halted: "halted"} {
		if got, ok := ParseStatus(name); s.String() != name || !ok || got != s {
			t.Errorf("%d is written %q, and %q is read as %v, %t", s, s, name, got, ok)
		}
	}
	for _, text := range []string{"", "LIVE", "live ", "unknown", "closed"} {
		if got, ok := ParseStatus(text); ok {
			t.Errorf("ParseStatus(%q) = %v", text, got)
		}
	}
}

func TestReasonIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for r, name := range map[Reason]string{NoReason: "", Disconnected: "disconnected", Silent: "silent"} {
		if got, ok := ParseReason(name); r.String() != name || !ok || got != r {
			t.Errorf("%d is written %q, and %q is read as %v, %t", r, r, name, got, ok)
		}
	}
	for _, text := range []string{"SILENT", "unknown", "live"} {
		if got, ok := ParseReason(text); ok {
			t.Errorf("ParseReason(%q) = %v", text, got)
		}
	}
}

func TestOutcomesAreMetricLabels(t *testing.T) {
	t.Parallel()
	for o, label := range map[Outcome]string{Accepted: "accepted", Late: "late", Duplicate: "duplicate", Full: "full", Behind: "behind"} {
		if o.String() != label {
			t.Errorf("outcome %d is %q, want %q", o, o, label)
		}
	}
}

func TestNamesAreFoundInBytesAsInStrings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "live", "halted", "silent", "bid", "volume", "status", "unknown"} {
		f, okField := ParseField(name)
		s, okStatus := ParseStatus(name)
		r, okReason := ParseReason(name)
		if g, ok := ParseField([]byte(name)); g != f || ok != okField {
			t.Errorf("ParseField of %q differs", name)
		}
		if g, ok := ParseStatus([]byte(name)); g != s || ok != okStatus {
			t.Errorf("ParseStatus of %q differs", name)
		}
		if g, ok := ParseReason([]byte(name)); g != r || ok != okReason {
			t.Errorf("ParseReason of %q differs", name)
		}
	}
}

func TestNamesBeyondTheLastAreUnknownAndNeverPanic(t *testing.T) {
	t.Parallel()
	for _, past := range []fmt.Stringer{NumFields, Field(255), Halted + 1, Status(255), Silent + 1, Reason(255), Behind + 1, Outcome(255)} {
		if past.String() != "unknown" {
			t.Errorf("%T is named %q", past, past)
		}
	}
}
