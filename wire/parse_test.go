package wire

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

// refusal parses a request that must be refused, and returns the answer.
func refusal(t *testing.T, c Codec, data []byte) *Error {
	t.Helper()
	request, err := c.ParseRequest(data, Limits{Symbols: 3})
	var answer *Error
	if !errors.As(err, &answer) {
		t.Fatalf("%s: %s: got %+v, error %v; want a refusal", c.Subprotocol(), data, request, err)
	}
	return answer
}

// acceptance parses a request that must be accepted.
func acceptance(t *testing.T, c Codec, data []byte) Body {
	t.Helper()
	request, err := c.ParseRequest(data, Limits{Symbols: 3})
	if err != nil {
		t.Fatalf("%s: %s: %v", c.Subprotocol(), data, err)
	}
	return request.Body
}

func TestWhatIsNoObjectWithTypeAndIDIsABadMessage(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxIDBytes+1)
	many := strings.Repeat(`,"a":1`, maxKeys)
	for name, c := range map[string]struct{ text, id string }{
		"nothing":               {"", ""},
		"no JSON":               {"hello", ""},
		"list":                  {`[{"type":"ping","id":"1"}]`, ""},
		"number":                {"1", ""},
		"null":                  {"null", ""},
		"text":                  {`"ping"`, ""},
		"cut short":             {`{"type":"ping","id":"1"`, ""},
		"trailing bytes":        {`{"type":"ping","id":"1"} {}`, ""},
		"trailing comma":        {`{"type":"ping","id":"1",}`, ""},
		"deep":                  {`{"type":"ping","id":"1","x":` + strings.Repeat("[", 10_000), ""},
		"deep and closed":       {`{"type":"ping","id":"1","x":` + nested(40) + `}`, ""},
		"lone surrogate":        {`{"type":"ping","id":"1","x":"\ud800"}`, ""},
		"lone surrogate in key": {`{"type":"ping","id":"1","\udc00":1}`, ""},
		"invalid UTF-8":         {"{\"type\":\"ping\",\"id\":\"1\",\"x\":\"\xff\"}", ""},
		"many keys":             {`{"type":"ping","id":"1"` + many + `}`, ""},
		"type twice":            {`{"type":"ping","id":"1","type":"ping"}`, "1"},
		"escaped twice":         {`{"type":"ping","id":"1","\u0074ype":"ping"}`, "1"},
		"unknown key twice":     {`{"type":"ping","id":"1","x":1,"x":1}`, "1"},
		"id twice":              {`{"type":"ping","id":"1","id":"1"}`, ""},
		"type in upper case":    {`{"Type":"ping","id":"1"}`, "1"},
		"ID in upper case":      {`{"type":"ping","ID":"1"}`, ""},
		"symbols in upper case": {`{"type":"ping","id":"1","SYMBOLS":1}`, "1"},
		"folded to a known key": {`{"type":"ping","id":"1","\u017fince":1}`, "1"},
		"no type":               {`{"id":"1"}`, "1"},
		"type no text":          {`{"type":1,"id":"1"}`, "1"},
		"no id":                 {`{"type":"ping"}`, ""},
		"empty id":              {`{"type":"ping","id":""}`, ""},
		"number as id":          {`{"type":"ping","id":1}`, ""},
		"null as id":            {`{"type":"ping","id":null}`, ""},
		"long id":               {`{"type":"ping","id":"` + long + `"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := refusal(t, JSON, []byte(c.text))
			if got.Code != CodeBadMessage || got.ID != c.id {
				t.Errorf("got %+v, want %s with id %q", got, CodeBadMessage, c.id)
			}
		})
	}
}

// nested returns lists in lists.
func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestWrongContentIsRefusedByName(t *testing.T) {
	t.Parallel()
	const (
		subscribe = `"type":"command","action":"subscribe",`
		one       = `"symbols":["A"],`
		snapshot  = `"type":"query","resource":"snapshot",`
		history   = `"type":"query","resource":"history",`
		candles   = `"type":"query","resource":"candles",`
		listing   = `"type":"query","resource":"symbols",`
	)
	big := strings.Repeat("x", 10_000)
	for text, want := range map[string]Error{
		`"type":"subscribe"`: {Code: CodeUnknownType, Message: `unknown type "subscribe"`},
		`"type":"` + big + `"`: {
			Code: CodeUnknownType, Message: `unknown type "` + big[:64] + `"`,
		},
		`"type":"command"`:                   {Code: CodeBadRequest, Message: "action must be a string"},
		`"type":"command","action":1`:        {Code: CodeBadRequest, Message: "action must be a string"},
		`"type":"command","action":"buy\n"`:  {Code: CodeUnknownAction, Message: `unknown action "buy\n"`},
		`"type":"query"`:                     {Code: CodeBadRequest, Message: "resource must be a string"},
		`"type":"query","resource":"trades"`: {Code: CodeUnknownResource, Message: `unknown resource "trades"`},

		`"type":"command","action":"auth"`:              {Code: CodeBadRequest, Message: "token must be a string of 1 to 8192 bytes"},
		`"type":"command","action":"auth","token":""`:   {Code: CodeBadRequest, Message: "token must be a string of 1 to 8192 bytes"},
		`"type":"command","action":"auth","token":null`: {Code: CodeBadRequest, Message: "token must be a string of at most 8192 bytes"},
		`"type":"command","action":"auth","token":"` + big + `"`: {
			Code: CodeBadRequest, Message: "token must be a string of at most 8192 bytes",
		},

		subscribe + `"x":1`:                          {Code: CodeBadRequest, Message: "symbols must be a non-empty list of strings"},
		subscribe + `"symbols":"A"`:                  {Code: CodeBadRequest, Message: "symbols must be a non-empty list of strings"},
		subscribe + `"symbols":[]`:                   {Code: CodeBadRequest, Message: "symbols must be a non-empty list of strings"},
		subscribe + `"symbols":["A",null]`:           {Code: CodeBadRequest, Message: "symbols must be a non-empty list of strings"},
		subscribe + `"symbols":["A","A","A","A"]`:    {Code: CodeTooManySymbols, Message: "symbols may have at most 3 entries"},
		subscribe + one + `"interval":250`:           {Code: CodeBadRequest, Message: `interval must be a duration such as "250ms"`},
		subscribe + one + `"interval":"fast"`:        {Code: CodeBadRequest, Message: `interval must be a duration such as "250ms"`},
		subscribe + one + `"interval":""`:            {Code: CodeBadRequest, Message: `interval must be a duration such as "250ms"`},
		subscribe + one + `"interval":"5"`:           {Code: CodeBadRequest, Message: `interval must be a duration such as "250ms"`},
		subscribe + one + `"interval":"-5"`:          {Code: CodeBadRequest, Message: `interval must be a duration such as "250ms"`},
		subscribe + one + `"fields":"bid"`:           {Code: CodeBadRequest, Message: "fields must be a non-empty list of value fields"},
		subscribe + one + `"fields":[]`:              {Code: CodeBadRequest, Message: "fields must be a non-empty list of value fields"},
		subscribe + one + `"fields":[1]`:             {Code: CodeBadRequest, Message: "fields must be a non-empty list of value fields"},
		subscribe + one + `"fields":["bid","price"]`: {Code: CodeBadRequest, Message: `fields has no field "price"`},
		subscribe + one + `"fields":["status"]`:      {Code: CodeBadRequest, Message: `fields has no field "status"`},
		subscribe + one + `"mode":"half"`:            {Code: CodeBadRequest, Message: `mode must be "full" or "delta"`},
		subscribe + one + `"mode":true`:              {Code: CodeBadRequest, Message: `mode must be "full" or "delta"`},
		subscribe + one + `"envelope":"yes"`:         {Code: CodeBadRequest, Message: "envelope must be true or false"},
		subscribe + one + `"since":7`:                {Code: CodeBadRequest, Message: "since must be a string of at most 256 bytes"},
		subscribe + one + `"since":"` + big + `"`:    {Code: CodeBadRequest, Message: "since must be a string of at most 256 bytes"},

		`"type":"command","action":"unsubscribe","symbols":{}`: {
			Code: CodeBadRequest, Message: "symbols must be a non-empty list of strings",
		},
		`"type":"command","action":"configure"`:                  {Code: CodeBadRequest, Message: "bandwidth must be an integer of 0 or more"},
		`"type":"command","action":"configure","bandwidth":-1`:   {Code: CodeBadRequest, Message: "bandwidth must be an integer of 0 or more"},
		`"type":"command","action":"configure","bandwidth":"1"`:  {Code: CodeBadRequest, Message: "bandwidth must be an integer of 0 or more"},
		`"type":"command","action":"configure","bandwidth":1.5`:  {Code: CodeBadRequest, Message: "bandwidth must be an integer of 0 or more"},
		`"type":"command","action":"configure","bandwidth":1e99`: {Code: CodeBadRequest, Message: "bandwidth must be an integer of 0 or more"},
		`"type":"command","action":"publish"`:                    {Code: CodeBadRequest, Message: "quotes must be a list of quotes"},
		`"type":"command","action":"publish","quotes":{}`:        {Code: CodeBadRequest, Message: "quotes must be a list of quotes"},

		snapshot + `"params":[]`:                          {Code: CodeBadRequest, Message: "params must be an object"},
		snapshot + `"params":null`:                        {Code: CodeBadRequest, Message: "params must be an object"},
		snapshot + `"params":{}`:                          {Code: CodeBadRequest, Message: "symbols must be a non-empty list of strings"},
		snapshot + `"params":{"symbols":["A"],"at":0}`:    {Code: CodeBadRequest, Message: "at must be " + TimeForm},
		snapshot + `"params":{"symbols":["A"],"at":true}`: {Code: CodeBadRequest, Message: "at must be " + TimeForm},
		snapshot + `"params":{"symbols":["A"],"at":"now"}`: {
			Code: CodeBadRequest, Message: "at must be " + TimeForm,
		},
		history + `"params":{"limit":1,"limit":2}`:      {Code: CodeBadRequest, Message: `params: key "limit" stands twice`},
		history + `"params":{"Limit":1}`:                {Code: CodeBadRequest, Message: `params: key "Limit" must be written limit`},
		history + `"params":{}`:                         {Code: CodeBadRequest, Message: "symbol must be a string of 1 to 256 bytes"},
		history + `"params":{"symbol":"A","limit":0}`:   {Code: CodeBadRequest, Message: "limit must be an integer of 1 to 10000"},
		history + `"params":{"symbol":"A","limit":-5}`:  {Code: CodeBadRequest, Message: "limit must be an integer of 1 to 10000"},
		history + `"params":{"symbol":"A","limit":1e1}`: {Code: CodeBadRequest, Message: "limit must be an integer of 1 to 10000"},
		history + `"params":{"symbol":"A","limit":10001}`: {
			Code: CodeBadRequest, Message: "limit must be an integer of 1 to 10000",
		},
		history + `"params":{"symbol":"A","from":5,"to":5}`: {
			Code: CodeBadRequest, Message: "from must be before to",
		},
		history + `"params":{"symbol":"A","from":"1969-12-31T23:59:59Z"}`: {
			Code: CodeBadRequest, Message: "from must be " + TimeForm,
		},
		history + `"params":{"symbol":"A","to":"2263-01-01T00:00:00Z"}`: {
			Code: CodeBadRequest, Message: "to must be " + TimeForm,
		},
		history + `"params":{"symbol":"A","to":9223372036854775807}`: {
			Code: CodeBadRequest, Message: "to must be " + TimeForm,
		},
		history + `"params":{"symbol":"A","page":"` + big + `"}`: {
			Code: CodeBadRequest, Message: "page must be a string of at most 256 bytes",
		},
		candles + `"params":{"symbol":"A","step":"0s"}`:  {Code: CodeBadRequest, Message: "step must be a duration above 0"},
		candles + `"params":{"symbol":"A","step":"-1m"}`: {Code: CodeBadRequest, Message: "step must be a duration above 0"},
		candles + `"params":{"symbol":"A","step":60}`:    {Code: CodeBadRequest, Message: `step must be a duration such as "250ms"`},
		listing + `"params":{"prefix":7}`:                {Code: CodeBadRequest, Message: "prefix must be a string of at most 256 bytes"},
		listing + `"params":{` + strings.Repeat(`"a":1,`, 40) + `"b":2}`: {
			Code: CodeBadRequest, Message: "params: too many keys",
		},
	} {
		t.Run(want.Message, func(t *testing.T) {
			t.Parallel()
			want.ID = "7"
			data := []byte("{" + text + `,"id":"7"}`)
			for _, c := range bothCodecs() {
				if c == MsgPack {
					data = appendJSONAsMP(nil, data)
				}
				if diff := cmp.Diff(&want, refusal(t, c, data)); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", c.Subprotocol(), text, diff)
				}
			}
		})
	}
}

func TestOrderUnknownKeysAndSpaceDoNotMatter(t *testing.T) {
	t.Parallel()
	got := acceptance(t, JSON, []byte(` { "zeta" : [ {"type":1} ] , "symbols" : [ "A" , "A" , "" ] ,
		"action":"subscribe" , "comment":null, "id":"\u0031" , "type":"command" } `))
	want := &Subscribe{Symbols: []string{"A", "A", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnyDurationIsAnInterval(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"250ms": 250 * time.Millisecond, "1m0.5s": 60500 * time.Millisecond, "0": 1, "0s": 1, "-5s": 1,
		"1.5ms": 1500 * time.Microsecond, "99999999999999999999h": 1<<63 - 1, "-99999999999999999999h": 1,
	} {
		body := acceptance(t, JSON, []byte(`{"type":"command","id":"1","action":"subscribe","symbols":["A"],"interval":"`+text+`"}`))
		if got := body.(*Subscribe).Interval; got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
}

func TestTimesAreTextOrMicroseconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`1763740800000000`: 1763740800000000, `"1763740800000000"`: 1763740800000000,
		`"2025-11-21T16:00:00Z"`: 1763740800000000, `"2025-11-21T17:00:00.0000019+01:00"`: 1763740800000001,
		`9223372036854775`: 9223372036854775, `1`: 1,
	} {
		body := acceptance(t, JSON, []byte(`{"type":"query","id":"1","resource":"snapshot","params":{"symbols":["A"],"at":`+text+`}}`))
		if got := body.(*SnapshotQuery).At; got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
}

func TestTextMayBeAsLongAsItsLimit(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("x", MaxTokenBytes)
	body := acceptance(t, JSON, []byte(`{"type":"command","id":"1","action":"auth","token":"`+token+`"}`))
	if body.(*Auth).Token != token {
		t.Error("the token is another")
	}
	got := refusal(t, JSON, []byte(`{"type":"command","id":"1","action":"auth","token":"`+token+`x"}`))
	if got.Code != CodeBadRequest {
		t.Errorf("got %+v", got)
	}
}

func TestHistoryMayBeginWithTheEpoch(t *testing.T) {
	t.Parallel()
	got := acceptance(t, JSON, []byte(`{"type":"query","id":"1","resource":"history","params":{"symbol":"A","from":0,"to":1}}`))
	if diff := cmp.Diff(&HistoryQuery{Span: Span{Symbol: "A", To: 1}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestQueryNeedsNoParamsIfNoneIsRequired(t *testing.T) {
	t.Parallel()
	got := acceptance(t, JSON, []byte(`{"type":"query","id":"1","resource":"symbols"}`))
	if diff := cmp.Diff(&SymbolsQuery{}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFieldsNameEachValueField(t *testing.T) {
	t.Parallel()
	for f := range market.NumValues {
		body := acceptance(t, JSON, []byte(`{"type":"command","id":"1","action":"subscribe","symbols":["A"],"fields":["`+f.String()+`"]}`))
		if got := body.(*Subscribe).Fields; got != market.Fields(0).With(f) {
			t.Errorf("%s is %b", f, got)
		}
	}
}

func TestPublishedQuotesKeepEveryDigit(t *testing.T) {
	t.Parallel()
	const quote = `{"symbol":"A", "bid":1.10000000000000000000000000000000000001 }`
	body := acceptance(t, JSON, []byte(`{"type":"command","id":"1","action":"publish","quotes":[ `+quote+` , 7 ]}`))
	if diff := cmp.Diff(&Publish{Quotes: [][]byte{[]byte(quote), []byte("7")}}, body); diff != "" {
		t.Error(diff)
	}
}

func TestMessagePackNumbersArriveAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	data := append([]byte("\x84\xa4type\xa7command\xa2id\xa11\xa6action\xa7publish\xa6quotes\x91\x83\xa6symbol\xa1A\xa3bid\xcb"),
		0x40, 0x67, 0xbf, 0x5c, 0x28, 0xf5, 0xc2, 0x8f) // 189.98
	data = append(data, "\xa2ts\xd3\x00\x06\x44\x15\x5c\x12\xe0\x00"...)
	body := acceptance(t, MsgPack, data)
	want := &Publish{Quotes: [][]byte{[]byte(`{"symbol":"A","bid":189.98,"ts":1763708390006784}`)}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
}

func TestVerbsAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range sampleRequests() {
		seen[s.request.Body.Verb()] = true
	}
	if len(seen) != 11 {
		t.Errorf("%d verbs: %v", len(seen), seen)
	}
}
