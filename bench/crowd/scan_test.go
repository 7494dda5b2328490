package crowd

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ticker/market"
	"ticker/wire"
)

func TestTimesAreThoseOfEveryRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var records []wire.Record
		var want []int64
		for range rapid.IntRange(0, 60).Draw(t, "records") {
			ts := rapid.Int64Range(1<<32, 1<<53).Draw(t, "ts")
			r := quote("SYM0001", rapid.Uint64().Draw(t, "seq"), ts)
			r.Status, r.Reason = market.Stale, market.Disconnected
			r.Set = market.Fields(rapid.Uint16().Draw(t, "set"))
			records, want = append(records, r), append(want, ts)
		}
		event := &wire.Quotes{Cursor: "c", Records: records}
		for codec, scan := range map[wire.Codec]func([]int64, []byte) []int64{wire.JSON: appendTimes, wire.MsgPack: appendTimesMP} {
			if diff := cmp.Diff(want, scan(nil, codec.AppendMessage(nil, event))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", codec.Subprotocol(), diff)
			}
		}
	})
}

func TestTimesThatAreNoneAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []int64
	}{
		"nothing":       {"", nil},
		"no record":     {`{"type":"pong"}`, nil},
		"cut":           {`{"ts":`, nil},
		"no number":     {`{"ts":"x","ts":12}`, []int64{12}},
		"below zero":    {`{"ts":-5}`, nil},
		"to the end":    {`{"ts":123`, []int64{123}},
		"beside others": {`{"tst":1,"ts2":2,"t":3,"ts":4}`, []int64{4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, "times", appendTimes(nil, []byte(c.text)), c.want)
		})
	}
	expect(t, "times of a cut record", appendTimesMP(nil, []byte("\xa2ts\xcf\x00\x00")), []int64(nil))
}

// FuzzTimes checks the scan of a list of records against a decoder that parses
// it, and that bytes which are no records do no harm.
func FuzzTimes(f *testing.F) {
	f.Add([]byte(`[{"ts":1763740800000000,"recv":1},{"symbol":"A","ts":2}]`))
	f.Add([]byte(`[{"ts":0,"last":1.5,"status":"stale"}]`))
	f.Add([]byte("\xa2ts\xcf\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := appendTimesMP(nil, text); len(got) > len(text)/12 {
			t.Errorf("%d times in %d bytes", len(got), len(text))
		}
		got := appendTimes(nil, text)
		if len(got) > len(text)/5 {
			t.Errorf("%d times in %d bytes", len(got), len(text))
		}
		var records []struct {
			TS *uint32 `json:"ts"`
		}
		// Escapes, spaces and keys that end alike are not written by any server.
		if json.Unmarshal(text, &records) != nil || bytes.ContainsAny(text, "\\ \t\r\n") ||
			bytes.Count(bytes.ToLower(text), []byte(`ts"`)) != bytes.Count(text, []byte(`"ts":`)) {
			return
		}
		var want []int64
		for _, r := range records {
			if r.TS != nil {
				want = append(want, int64(*r.TS))
			}
		}
		if len(want) == bytes.Count(text, []byte(`"ts":`)) {
			expect(t, "times", got, want)
		}
	})
}
