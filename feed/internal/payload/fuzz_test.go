package payload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead reads any bytes that a queue may deliver. The sink is told of every record in
// them, never of nothing; what it is told of is recorded, once; and a payload leaves
// nothing behind in what comes after it.
func FuzzRead(f *testing.F) {
	const good = `{"symbol":"A","bid":1,"ts":1763740800000000}`
	for _, seed := range []string{
		"", " \n", good, "[" + good + "," + good + "]", good + "\n" + good + "\r\n", good + "\nnoise\n" + good, "[1,{},null]", "[" + good,
		`{"symbol":"A","bid":"1e38","ask":-0,"status":"halted"}`, `{"symbol":"a","bid":1}`, "\xff\x00", "beat", "?", "[[" + good + "]]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		own := read(t, nil, string(payload))
		whole := len(own.taped) == 0 && len(own.lines) == 1 && strings.HasPrefix(own.lines[0], "refused ")
		if len(own.lines) == 0 || len(own.taped) != len(own.lines) && !whole {
			t.Errorf("of %q %q was recorded, and the sink was told %q", payload, own.taped, own.lines)
		}
		for _, record := range own.taped {
			if !strings.Contains(string(payload), record) {
				t.Errorf("%q was recorded, and is not in %q", record, payload)
			}
		}
		after := read(t, nil, string(payload), good)
		if diff := cmp.Diff(append(own.lines, "A bid=1"), after.lines); diff != "" {
			t.Errorf("behind %q (-want +got):\n%s", payload, diff)
		}
		if raw := read(t, venue{}, string(payload)); len(raw.lines) != 1 || len(raw.taped) != 1 || raw.taped[0] != string(payload) {
			t.Errorf("as a message of an exchange %q is %+v", payload, raw)
		}
	})
}
