package dialect

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSubscribeIsReadAndAnswered(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(`{"type":"command","id":"a\"b","action":"subscribe","symbols":["SYM0001","*"],` +
		`"interval":"1s","fields":["bid"],"mode":"full"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Subscribe{Type: "command", ID: `a"b`, Action: "subscribe", Symbols: []string{"SYM0001", "*"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subscribe (-want +got):\n%s", diff)
	}
	const answer = `{"type":"response","id":"a\"b","result":{"interval":"250ms","subscribed":["SYM0001","*"]}}`
	if text := string(got.Answer(250 * time.Millisecond)); text != answer {
		t.Errorf("answered %s", text)
	}
}

func TestAnythingElseIsNoSubscribe(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "x", "[]", `"subscribe"`, `{}`, `{"type":"query","action":"subscribe"}`,
		`{"type":"command","action":"unsubscribe"}`, `{"type":"command","action":"subscribe","symbols":"*"}`,
	} {
		if s, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s was read as %+v", text, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"command","id":"1","action":"subscribe","symbols":["SYM0001"]}`))
	f.Add([]byte(`{"type":"command","id":"\ud800","action":"subscribe","symbols":null}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		s, err := Parse(message)
		if err == nil && !json.Valid(s.Answer(time.Second)) {
			t.Errorf("the answer to %q is no JSON", message)
		}
	})
}
