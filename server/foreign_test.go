package server_test

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// python is Debian's own: one that stands before it in the path does not see
// Debian's packages.
const python = "/usr/bin/python3"

func TestForeignClientUnderstandsTheService(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import websockets").CombinedOutput(); err != nil {
		t.Fatalf("this test needs Debian's package python3-websockets: %v\n%s", err, out)
	}
	r := overTCP(t)
	r.quote("AAPL", 18998)
	for i := range 9000 {
		r.quote(symbolOf(i), 1)
	}
	out, err := exec.CommandContext(t.Context(), python, "testdata/foreign.py", "ws://"+r.addr+"/v1/ws").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, exitText(err))
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	session := func(subprotocol any) map[string]any {
		return map[string]any{
			"subprotocol": subprotocol, "welcome": "welcome", "subscribed": []any{"AAPL"},
			"bid": 189.98, "symbols": 9001.0, "closed": 1000.0,
		}
	}
	want := map[string]any{
		"chosen":  session("ticker.v1.json"),
		"default": session(nil),
		"binary":  []any{1003.0, "the subprotocol has another type of frame"},
		"large":   []any{1009.0, "message too large"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("what it saw (-want +got):\n" + diff)
	}
}

func exitText(err error) string {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns no other
		return string(exit.Stderr)
	}
	return ""
}
