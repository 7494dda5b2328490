package coinbase

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
	"ticker/market"
)

func products(names ...string) []live.Stream {
	var streams []live.Stream
	for _, name := range names {
		streams = append(streams, live.Stream{Channel: channel, Name: name})
	}
	return streams
}

func TestAProductIsOneStreamOfAllItsChannels(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(products("BTC-USD"), quietDialect().Streams("BTC-USD")); diff != "" {
		t.Error(diff)
	}
}

func TestRequestsAreWrittenAsCoinbaseWantsThem(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]live.Request{
		`{"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channels":["ticker","matches","heartbeat"]}`: {ID: 1, Streams: products("BTC-USD", "ETH-USD")},
		`{"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["ticker","matches","heartbeat"]}`:         {ID: 2, Drop: true, Streams: products("BTC-USD")},
	} {
		if got := string(quietDialect().Request(r)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if ping := quietDialect().Ping(1); ping != nil {
		t.Errorf("a ping of its own: %s", ping)
	}
}

func TestControlMessagesAreUnderstood(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]live.Notice{
		`{"type":"subscriptions","channels":[{"name":"ticker","product_ids":["A-B","C-D"],"account_ids":null},{"name":"matches","product_ids":["C-D","A-B"]},{"name":"heartbeat","product_ids":["A-B","C-D"]}]}`: {Meaning: live.Whole, Streams: products("A-B", "C-D")},
		// Only what is listed under every channel counts, once.
		`{"type":"subscriptions","channels":[{"name":"heartbeat","product_ids":["A-B","C-D","A-B"]},{"name":"ticker","product_ids":["A-B","C-D","A-B"]},{"name":"matches","product_ids":["A-B","A-B"]},{"name":"level2","product_ids":["C-D"]}]}`: {Meaning: live.Whole, Streams: products("A-B")},
		`{"type":"subscriptions","channels":[]}`: {Meaning: live.Whole},
		`{"type":"subscriptions"}`:               {Meaning: live.Whole},
		`{"type":"error","message":"Failed to subscribe","reason":"X-Y is not a valid product"}`:               {Meaning: live.Refused, Reason: "Failed to subscribe: X-Y is not a valid product"},
		`{"type":"error","message":"Malformed JSON"}`:                                                          {Meaning: live.Refused, Reason: "Malformed JSON"},
		`{"message":"Rate limit exceeded","type":"error"}`:                                                     {Meaning: live.Throttled, Reason: "Rate limit exceeded"},
		`{"type":"heartbeat","sequence":9,"last_trade_id":8,"product_id":"A-B","time":"2024-02-29T12:30:49Z"}`: {},
		`{"type":"l2update","product_id":"A-B","changes":[]}`:                                                  {},
		`{"type":"status","products":[{"id":"A-B"}]}`:                                                          {},
		`{"type":"subscriptions","channels":[{"name":"ticker","product_ids":"A-B"}]}`:                          {},
		`{"type":"snapshot","asks":[[`:                                                                         {},
		`{"type":null}`:                                                                                        {},
		`[]`:                                                                                                   {},
		``:                                                                                                     {},
	} {
		if diff := cmp.Diff(want, quietDialect().Judge([]byte(message))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}

func TestAnAcknowledgementOfAThousandConnectionsIsCut(t *testing.T) {
	t.Parallel()
	list := `"A-B"` + strings.Repeat(`,"C-D"`, maxListed) + `,"E-F"`
	message := `{"type":"subscriptions","channels":[{"name":"ticker","product_ids":[` + list + `]},{"name":"matches","product_ids":[` + list + `]},{"name":"heartbeat","product_ids":[` + list + `]}]}`
	if diff := cmp.Diff(products("A-B", "C-D"), quietDialect().Judge([]byte(message)).Streams); diff != "" {
		t.Error(diff)
	}
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`{"type":"subscriptions","channels":[{"name":"ticker","product_ids":["A-B"]},{"name":"matches","product_ids":["A-B"]},{"name":"heartbeat","product_ids":["A-B"]}]}`,
		`{"type":"error","message":"Failed to subscribe","reason":"\u001b[31m"}`, `{"type":"heartbeat","last_trade_id":1}`, `{"type":`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		n := quietDialect().Judge(message)
		if len(n.Streams) > maxListed || len(n.Reason) > 200 || !utf8.ValidString(n.Reason) || strings.ContainsFunc(n.Reason, func(c rune) bool { return c < ' ' }) {
			t.Errorf("%d streams, reason %q", len(n.Streams), n.Reason)
		}
		for _, s := range n.Streams {
			if s.Channel != channel || s.Name == "" || len(s.Name) > maxNameBytes {
				t.Errorf("no stream of ours: %v", s)
			}
		}
	})
}

// quietDialect is one of a connection on which nothing was traded.
func quietDialect() *dialect { return newDialect(nil, rules().Canonical) }

func TestAHeartbeatThatIsAheadOfTheTradesTwiceTellsOfALoss(t *testing.T) {
	t.Parallel()
	matched := map[market.Symbol]uint64{"BTC-USD": 20}
	d := newDialect(matched, rules().Canonical)
	for i, step := range []struct {
		last, matched uint64
		want          live.Meaning
	}{
		{20, 20, live.Nothing},
		{21, 20, live.Nothing},
		{21, 21, live.Nothing}, // overtaken once
		{23, 21, live.Nothing},
		{23, 21, live.Behind},
		{23, 21, live.Nothing},
		{23, 21, live.Behind},
		{23, 23, live.Nothing},
		{19, 23, live.Nothing},
	} {
		matched["BTC-USD"] = step.matched
		n := d.Judge([]byte(fmt.Sprintf(`{"type":"heartbeat","sequence":9,"last_trade_id":%d,"product_id":"BTC-USD","time":"2024-01-02T03:04:05Z"}`, step.last)))
		if n.Meaning != step.want || step.want == live.Behind && n.Streams[0].Name != "BTC-USD" {
			t.Errorf("step %d: %+v", i, n)
		}
	}
	if n := d.Judge([]byte(`{"type":"heartbeat","last_trade_id":7,"product_id":"ETH-USD"}`)); n.Meaning != live.Nothing || len(d.ahead) != 0 {
		t.Errorf("a product that was never traded here: %+v", n)
	}
}
