package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"

	"ticker/market"
)

// genericJSON reads JSON with the standard library, every number as its text.
func genericJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return flatten(v), err
}

// genericMsgPack reads MessagePack with a library, every number as its text.
func genericMsgPack(data []byte) (any, error) {
	var v any
	d := msgpack.NewDecoder(bytes.NewReader(data))
	err := d.Decode(&v)
	if err == nil && d.Buffered().(*bytes.Reader).Len() > 0 {
		err = fmt.Errorf("bytes after the value")
	}
	return flatten(v), err
}

// flatten makes what the two libraries read comparable.
func flatten(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = flatten(v[key])
		}
	case []any:
		for i := range v {
			v[i] = flatten(v[i])
		}
	case string, bool, nil:
	default:
		return fmt.Sprint(v)
	}
	return v
}

// checkSameObject compares what independent libraries read.
func checkSameObject(t *testing.T, name string, inJSON, inMsgPack []byte) {
	t.Helper()
	want, err := genericJSON(inJSON)
	if err != nil {
		t.Fatalf("%s: %s: %v", name, inJSON, err)
	}
	got, err := genericMsgPack(inMsgPack)
	if err != nil {
		t.Fatalf("%s: %q: %v", name, inMsgPack, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-JSON +MessagePack):\n%s", name, diff)
	}
}

func TestBothCodecsCarryTheSameObject(t *testing.T) {
	t.Parallel()
	for _, s := range sampleMessages(t) {
		checkSameObject(t, s.name, JSON.AppendMessage(nil, s.message), MsgPack.AppendMessage(nil, s.message))
	}
	for _, s := range sampleRequests() {
		checkSameObject(t, s.name, JSON.AppendRequest(nil, s.request), MsgPack.AppendRequest(nil, s.request))
	}
}

func TestDecimalsAreStringsAndCountsIntegersInMessagePack(t *testing.T) {
	t.Parallel()
	record := sampleRecords(t)[0]
	var got map[string]any
	data := MsgPack.AppendQuote(nil, &record.Quote, record.Set, record.Envelope)
	if err := msgpack.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	envelope := got["envelope"].(map[string]any)
	for f := range market.NumValues {
		if got[f.String()] != record.Values[f].String() {
			t.Errorf("%s is %v (%T)", f, got[f.String()], got[f.String()])
		}
	}
	for name, v := range map[string]any{"high": envelope["high"], "low": envelope["low"], "volume": envelope["volume"]} {
		if _, ok := v.(string); !ok {
			t.Errorf("%s of the envelope is %v (%T)", name, v, v)
		}
	}
	for name, v := range map[string]any{"seq": got["seq"], "ts": got["ts"], "recv": got["recv"], "trades": envelope["trades"]} {
		if kind := reflect.TypeOf(v).Kind(); kind < reflect.Int || kind > reflect.Uint64 {
			t.Errorf("%s is %v (%T)", name, v, v)
		}
	}
}

func TestTextIsReadBackByTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		want := strings.ToValidUTF8(text, "\ufffd")
		var got string
		if err := json.Unmarshal(appendJSONText(nil, text), &got); err != nil || got != want {
			t.Fatalf("JSON: got %q, %v; want %q", got, err, want)
		}
		if err := msgpack.Unmarshal(appendMPText(nil, text), &got); err != nil || got != want {
			t.Fatalf("MessagePack: got %q, %v; want %q", got, err, want)
		}
	})
}

func TestLongTextIsReadBackInMessagePack(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 31, 32, math.MaxUint8, math.MaxUint8 + 1, math.MaxUint16, math.MaxUint16 + 1} {
		want := strings.Repeat("x", n)
		var got string
		if err := msgpack.Unmarshal(appendMPText(nil, want), &got); err != nil || got != want {
			t.Errorf("%d bytes: got %d, %v", n, len(got), err)
		}
	}
}

func TestIntegersAreReadBackInMessagePack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		signed, unsigned := rapid.Int64().Draw(t, "signed"), rapid.Uint64().Draw(t, "unsigned")
		var gotSigned int64
		var gotUnsigned uint64
		if err := msgpack.Unmarshal(appendInt(nil, signed), &gotSigned); err != nil || gotSigned != signed {
			t.Errorf("got %d, %v; want %d", gotSigned, err, signed)
		}
		if err := msgpack.Unmarshal(appendUint(nil, unsigned), &gotUnsigned); err != nil || gotUnsigned != unsigned {
			t.Errorf("got %d, %v; want %d", gotUnsigned, err, unsigned)
		}
	})
}

// drawValue draws what both formats have, as their libraries read it.
func drawValue(t *rapid.T, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(1, kinds).Draw(t, "kind") {
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.String().Draw(t, "text")
	case 3:
		return rapid.Int64().Draw(t, "integer")
	case 4:
		return rapid.Float64().Draw(t, "float")
	case 6:
		list := make([]any, rapid.IntRange(0, 20).Draw(t, "length"))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	case 7:
		object := map[string]any{}
		for range rapid.IntRange(0, 20).Draw(t, "keys") {
			object[rapid.String().Draw(t, "key")] = drawValue(t, depth-1)
		}
		return object
	}
	return nil
}

func TestWhatALibraryWritesIsRewrittenAsTheSameJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 3)
		data, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		text, err := appendMPAsJSON(nil, data)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		var got, want any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		plainText, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(plainText, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
