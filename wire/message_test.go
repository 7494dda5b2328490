package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

func parsed(t *testing.T, text string) Message {
	t.Helper()
	m, err := JSON.ParseMessage([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestUnknownMessagesAreReturnedAsSuch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Unknown{
		`{}`:                                   {},
		`{"channel":"quotes","quotes":[]}`:     {Channel: "quotes"},
		`{"type":"notice","text":"x"}`:         {Type: "notice"},
		`{"type":"event","channel":"trades"}`:  {Type: "event", Channel: "trades"},
		`{"event":"welcome","type":"event"}`:   {Type: "event", Event: "welcome"},
		`{"type":"event","x":[{}],"event":""}`: {Type: "event"},
		`{"type":"event","channel":"system","event":"maintenance","at":1}`: {
			Type: "event", Channel: "system", Event: "maintenance",
		},
	} {
		if diff := cmp.Diff(&want, parsed(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestUnknownKeysOfAMessageAreIgnored(t *testing.T) {
	t.Parallel()
	for _, s := range sampleMessages(t) {
		text := JSON.AppendMessage(nil, s.message)
		grown := strings.ReplaceAll(string(text), "{", `{"new":[{"a":1}],`)
		grown = strings.ReplaceAll(grown, ",}", "}")
		got := parsed(t, grown)
		if r, ok := got.(*Response); ok {
			into := sampleOf(t, s.name)
			if err := r.Decode(into); err != nil {
				t.Fatalf("%s: %v", grown, err)
			}
			r.Result = into
		}
		if diff := cmp.Diff(s.message, got, sameValues()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

// sampleOf returns an empty result of the kind that a response sample has.
func sampleOf(t *testing.T, name string) Result {
	t.Helper()
	for _, s := range sampleResults(t) {
		if "response_"+s.name == name {
			return s.into
		}
	}
	t.Fatalf("no result %s", name)
	return nil
}

func TestKeysOfAMessageMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	got := parsed(t, `{"quotes":[{"seq":1,"status":"live","bid":"1.50","symbol":"A"}],"cursor":"c","channel":"quotes","type":"event"}`)
	set := market.Fields(0).With(market.Bid)
	r := Record{Quote: market.Quote{Symbol: "A", Seq: 1, Known: set}, Set: set.With(market.StatusField)}
	r.Values[market.Bid] = decimal(t, "1.50")
	if diff := cmp.Diff(&Quotes{Cursor: "c", Records: []Record{r}}, got, sameValues()); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownStatusIsNoneToRelyOn(t *testing.T) {
	t.Parallel()
	got := parsed(t, `{"type":"event","channel":"quotes","quotes":[{"symbol":"A","seq":1,"status":"dozing","reason":"night"}]}`)
	q := market.Quote{Status: market.Live, Reason: market.Silent}
	got.(*Quotes).Records[0].MergeInto(&q)
	if q.Status != market.Stale || q.Reason != market.NoReason {
		t.Errorf("got %s %q", q.Status, q.Reason)
	}
}

func TestOnlyAStaleRecordHasAReason(t *testing.T) {
	t.Parallel()
	for status, want := range map[market.Status]market.Reason{
		market.Live: market.NoReason, market.Halted: market.NoReason, market.Stale: market.Silent,
	} {
		q := market.Quote{Symbol: "A", Seq: 1, Status: status, Reason: market.Silent}
		for _, c := range bothCodecs() {
			m, err := c.ParseMessage(appendFrame(c, nil, &Quotes{Records: []Record{{Quote: q, Set: market.AllFields}}}))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.(*Quotes).Records[0]; got.Status != status || got.Reason != want {
				t.Errorf("%s: got %s %q, want %s %q", c.Subprotocol(), got.Status, got.Reason, status, want)
			}
		}
	}
}

func TestRecordLeavesAloneWhatItDoesNotCarry(t *testing.T) {
	t.Parallel()
	q := sampleQuote(t)
	want := q
	want.Seq, want.Recv = 123457, 1763740800000500
	want.Values[market.Ask] = decimal(t, "190.02")
	got := parsed(t, `{"type":"event","channel":"quotes","cursor":"c","quotes":[
		{"symbol":"BTC-USD","seq":123457,"ask":190.02,"recv":1763740800000500}]}`)
	got.(*Quotes).Records[0].MergeInto(&q)
	if diff := cmp.Diff(want, q, sameValues()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoMessageIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `[]`, `{"type":"pong","id":"1"`, `{"type":"pong","id":"1"}{}`, `{"type":1}`,
		`{"type":"pong","id":1}`, `{"type":"pong","ts":"1"}`, `{"type":"pong","ts":1.5}`,
		`{"type":"event","channel":"system","event":"draining","reconnectAfter":"soon"}`,
		`{"type":"event","channel":"quotes","quotes":{}}`,
		`{"type":"event","channel":"quotes","quotes":[1]}`,
		`{"type":"event","channel":"quotes","quotes":[{"seq":-1}]}`,
		`{"type":"event","channel":"quotes","quotes":[{"bid":"NaN"}]}`,
		`{"type":"event","channel":"quotes","quotes":[{"bid":null}]}`,
	} {
		if m, err := JSON.ParseMessage([]byte(text)); err == nil || m != nil {
			t.Errorf("%s: got %+v, %v", text, m, err)
		}
	}
	for _, data := range []string{"", "\xc1", "\x90", "\x81\x01\x01"} {
		if m, err := MsgPack.ParseMessage([]byte(data)); err == nil || m != nil {
			t.Errorf("%q: got %+v, %v", data, m, err)
		}
	}
}

func TestResultOfAnotherKindIsAnError(t *testing.T) {
	t.Parallel()
	for _, c := range bothCodecs() {
		if err := c.ParseResult([]byte("\xc1"), &Ledger{}); err == nil {
			t.Errorf("%s: garbage was read", c.Subprotocol())
		}
	}
	for text, into := range map[string]Result{
		`{"expires":"tomorrow"}`:  &Authenticated{},
		`{"subscribed":[1]}`:      &Unsubscribed{},
		`{"bandwidth":"1"}`:       &Configured{},
		`{"candles":[{"ts":{}}]}`: &Candles{},
	} {
		if err := JSON.ParseResult([]byte(text), into); err == nil {
			t.Errorf("%s was read as %+v", text, into)
		}
	}
}

func TestEchoedSymbolsAreCut(t *testing.T) {
	t.Parallel()
	long := &Subscribed{Rejected: []RejectedSymbol{{strings.Repeat("é", 100), CodeBadSymbol}, {"a" + strings.Repeat("é", 100), CodeBadSymbol}}}
	var got Subscribed
	if err := JSON.ParseResult(JSON.AppendResult(nil, long), &got); err != nil {
		t.Fatal(err)
	}
	want := []RejectedSymbol{{strings.Repeat("é", 32), CodeBadSymbol}, {"a" + strings.Repeat("é", 31), CodeBadSymbol}}
	if diff := cmp.Diff(want, got.Rejected); diff != "" {
		t.Error(diff)
	}
}

func TestErrorTellsItsCode(t *testing.T) {
	t.Parallel()
	err := &Error{ID: "7", Code: CodeForbidden, Message: "not yours"}
	if got := err.Error(); got != "forbidden: not yours" {
		t.Errorf("got %q", got)
	}
}
