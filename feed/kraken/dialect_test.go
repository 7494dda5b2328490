package kraken

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
)

// on returns the streams of a channel.
func on(channel string, names ...string) []live.Stream {
	var streams []live.Stream
	for _, name := range names {
		streams = append(streams, live.Stream{Channel: channel, Name: name})
	}
	return streams
}

func TestRequestsOfVersion2AreWrittenAsKrakenWantsThem(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]live.Request{
		`{"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/USD","ETH/USD"],"event_trigger":"bbo","snapshot":true},"req_id":2}`: {ID: 1, Streams: on("ticker", "BTC/USD", "ETH/USD")},
		`{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":true},"req_id":5}`:                                  {ID: 2, Streams: on("trade", "BTC/USD")},
		`{"method":"unsubscribe","params":{"channel":"ticker","symbol":["BTC/USD"],"event_trigger":"bbo"},"req_id":6}`:                         {ID: 3, Drop: true, Streams: on("ticker", "BTC/USD")},
		`{"method":"unsubscribe","params":{"channel":"trade","symbol":["BTC/USD"]},"req_id":9}`:                                                {ID: 4, Drop: true, Streams: on("trade", "BTC/USD")},
	} {
		if got := string(dialectV2{}.Request(r)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := string(dialectV2{}.Ping(7)); got != `{"method":"ping","req_id":7}` {
		t.Error(got)
	}
}

func TestRequestsOfVersion1AreWrittenAsKrakenWantsThem(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]live.Request{
		`{"event":"subscribe","pair":["XBT/USD","ETH/USD"],"subscription":{"name":"ticker"}}`: {ID: 1, Streams: on("ticker", "XBT/USD", "ETH/USD")},
		`{"event":"unsubscribe","pair":["XBT/USD"],"subscription":{"name":"spread"}}`:         {ID: 2, Drop: true, Streams: on("spread", "XBT/USD")},
	} {
		if got := string(dialectV1{}.Request(r)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := string(dialectV1{}.Ping(7)); got != `{"event":"ping"}` {
		t.Error(got)
	}
}

func TestAPairIsSubscribedWhereItsQuotesAndTradesAre(t *testing.T) {
	t.Parallel()
	for d, want := range map[live.Dialect][]string{
		dialectV2{}: {"ticker", "trade"},
		dialectV1{}: {"ticker", "trade", "spread"},
	} {
		var got []string
		for _, s := range d.Streams("BTC/USD") {
			if got = append(got, s.Channel); s.Name != "BTC/USD" {
				t.Errorf("%T: %v", d, s)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%T: %s", d, diff)
		}
	}
}

func TestControlMessagesOfVersion2AreUnderstood(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]live.Notice{
		`{"method":"subscribe","req_id":2,"result":{"channel":"ticker","snapshot":true,"symbol":"BTC/USD","event_trigger":"bbo","warnings":["soon"]},"success":true,"time_in":"2025-06-01T10:00:00Z"}`: {Meaning: live.Granted, Streams: on("ticker", "BTC/USD")},
		`{"method":"subscribe","result":{"channel":"trade","symbol":"BTC/USD"},"success":true}`:                                                                                                        {Meaning: live.Granted, Streams: on("trade", "BTC/USD")},
		`{"method":"unsubscribe","req_id":4,"result":{"channel":"ticker","symbol":"BTC/USD"},"success":true}`:                                                                                          {Meaning: live.Ended, Streams: on("ticker", "BTC/USD")},
		// An error names the symbol; the channel is told by the number of the request.
		`{"error":"Currency pair not supported X/Y","method":"subscribe","req_id":2,"success":false,"symbol":"X/Y"}`: {Meaning: live.Refused, Streams: on("ticker", "X/Y"), ID: 1, Reason: "Currency pair not supported X/Y"},
		`{"error":"Currency pair not supported X/Y","method":"subscribe","req_id":5,"success":false,"symbol":"X/Y"}`: {Meaning: live.Refused, Streams: on("trade", "X/Y"), ID: 2, Reason: "Currency pair not supported X/Y"},
		`{"error":"Currency pair not supported X/Y","method":"subscribe","success":false,"symbol":"X/Y"}`:            {Meaning: live.Refused, Reason: "Currency pair not supported X/Y"},
		`{"error":"Malformed request","method":"subscribe","req_id":9,"success":false}`:                              {Meaning: live.Refused, ID: 4, Reason: "Malformed request"},
		`{"error":"Malformed request","method":"error","success":false}`:                                             {Meaning: live.Refused, Reason: "Malformed request"},
		// What is so already needs no other answer.
		`{"error":"Already subscribed","method":"subscribe","req_id":2,"success":false,"symbol":"A/B"}`:       {Meaning: live.Granted, Streams: on("ticker", "A/B")},
		`{"error":"Subscription Not Found","method":"unsubscribe","req_id":3,"success":false,"symbol":"A/B"}`: {Meaning: live.Ended, Streams: on("trade", "A/B")},
		`{"error":"Unknown symbol","method":"unsubscribe","req_id":2,"success":false,"symbol":"A/B"}`:         {Meaning: live.Ended, Streams: on("ticker", "A/B")},
		`{"error":"Already subscribed","method":"subscribe","success":false}`:                                 {},
		// Surplus requests were not heard.
		`{"Error":"Exceeded msg rate"}`: {Meaning: live.Throttled, Reason: "Exceeded msg rate"},
		`{"error":"Exceeded msg rate","method":"subscribe","req_id":2,"success":false,"symbol":"A/B"}`: {Meaning: live.Throttled, Reason: "Exceeded msg rate"},
		`{"error":"Exceeded msg rate","method":"ping"}`:                                                {Meaning: live.Throttled, Reason: "Exceeded msg rate"},
		// And what means nothing to a subscription.
		`{"error":"Malformed request","method":"ping","req_id":3}`:                          {},
		`{"method":"pong","req_id":3,"time_in":"2025-06-01T10:00:00Z"}`:                     {},
		`{"channel":"heartbeat"}`:                                                           {},
		`{"channel":"status","type":"update","data":[{"system":"cancel_only"}]}`:            {},
		`{"method":"subscribe","success":true,"result":{"channel":"book","symbol":"A/B"}}`:  {},
		`{"method":"subscribe","success":true,"result":{"channel":"ticker"}}`:               {},
		`{"method":"subscribe","success":false,"result":{"channel":"ticker","symbol":"A"}}`: {},
		`{"method":"add_order","success":true}`:                                             {},
		`{"method":"subscribe"`:                                                             {},
		`7`:                                                                                 {},
	} {
		if diff := cmp.Diff(want, dialectV2{}.Judge([]byte(message))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}

func TestControlMessagesOfVersion1AreUnderstood(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]live.Notice{
		`{"channelID":1668,"channelName":"ticker","event":"subscriptionStatus","pair":"WAVES/EUR","status":"subscribed","subscription":{"name":"ticker"}}`: {Meaning: live.Granted, Streams: on("ticker", "WAVES/EUR")},
		`{"channelName":"spread","event":"subscriptionStatus","pair":"XBT/EUR","status":"subscribed"}`:                                                     {Meaning: live.Granted, Streams: on("spread", "XBT/EUR")},
		`{"channelName":"trade","event":"subscriptionStatus","pair":"XBT/EUR","status":"unsubscribed","subscription":{"name":"trade"}}`:                    {Meaning: live.Ended, Streams: on("trade", "XBT/EUR")},
		`{"errorMessage":"Currency pair not supported X/Y","event":"subscriptionStatus","pair":"X/Y","status":"error","subscription":{"name":"ticker"}}`:   {Meaning: live.Refused, Streams: on("ticker", "X/Y"), Reason: "Currency pair not supported X/Y"},
		`{"errorMessage":"Subscription Not Found","event":"subscriptionStatus","pair":"X/Y","status":"error","subscription":{"name":"ticker"}}`:            {Meaning: live.Ended, Streams: on("ticker", "X/Y")},
		`{"errorMessage":"Malformed request","event":"error"}`:                                                                                             {Meaning: live.Refused, Reason: "Malformed request"},
		`{"errorMessage":"Exceeded msg rate","event":"error"}`:                                                                                             {Meaning: live.Throttled, Reason: "Exceeded msg rate"},
		`{"Error":"Exceeded msg rate"}`: {Meaning: live.Throttled, Reason: "Exceeded msg rate"},
		`{"channelID":468,"channelName":"book-1000","event":"subscriptionStatus","pair":"XBT/CHF","status":"subscribed","subscription":{"depth":1000,"name":"book"}}`: {},
		`{"connectionID":14545728493745856413,"event":"systemStatus","status":"online","version":"1.8.3"}`:                                                            {},
		`{"event":"heartbeat"}`:                          {},
		`{"event":"pong"}`:                               {},
		`[1234,{"as":[],"bs":[]},"book-1000","XBT/USD"]`: {},
		`{"event":`:                                      {},
	} {
		if diff := cmp.Diff(want, dialectV1{}.Judge([]byte(message))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`{"method":"subscribe","req_id":2,"result":{"channel":"ticker","symbol":"BTC/USD"},"success":true}`,
		`{"error":"Currency pair not supported","method":"subscribe","req_id":3,"success":false,"symbol":"X/Y"}`,
		`{"Error":"Exceeded msg rate\u001b[2J"}`, `{"channelName":"ticker","event":"subscriptionStatus","pair":"A/B","status":"unsubscribed"}`, `{"event":`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, d := range []live.Dialect{dialectV1{}, dialectV2{}} {
			n := d.Judge(message)
			if len(n.Streams) > 1 || len(n.Reason) > 200 || !utf8.ValidString(n.Reason) || strings.ContainsFunc(n.Reason, func(c rune) bool { return c < ' ' }) {
				t.Errorf("%d streams, reason %q", len(n.Streams), n.Reason)
			}
			for _, s := range n.Streams {
				if s.Name == "" || len(s.Name) > maxNameBytes || streamsOf(s.Channel, s.Name) == nil {
					t.Errorf("no stream of ours: %v", s)
				}
			}
		}
	})
}
