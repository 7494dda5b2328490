package bitstamp

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
)

func TestRequestsAreWrittenAsBitstampReadsThem(t *testing.T) {
	t.Parallel()
	streams := dialect{}.Streams("btcusd")
	for want, r := range map[string]live.Request{
		`{"event":"bts:subscribe","data":{"channel":"order_book_btcusd"}}`:    {ID: 1, Streams: streams[:1]},
		`{"event":"bts:subscribe","data":{"channel":"live_trades_btcusd"}}`:   {ID: 2, Streams: streams[1:]},
		`{"event":"bts:unsubscribe","data":{"channel":"live_trades_btcusd"}}`: {ID: 3, Drop: true, Streams: streams[1:]},
		`{"event":"bts:subscribe","data":{"channel":"live_trades_a\"b"}}`:     {ID: 4, Streams: []live.Stream{{Channel: "live_trades", Name: `a"b`}}},
	} {
		if got := string(dialect{}.Request(r)); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if got := (dialect{}).Ping(1); got != nil {
		t.Errorf("a ping of its own: %s", got)
	}
}

func TestControlMessagesMeanWhatBitstampSays(t *testing.T) {
	t.Parallel()
	trades := []live.Stream{{Channel: "live_trades", Name: "btcusd"}}
	for message, want := range map[string]live.Notice{
		`{"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}`: {Meaning: live.Granted, Streams: trades},
		`{"event":"bts:subscription_succeeded","channel":"order_book_btcusd-perp"}`: {
			Meaning: live.Granted, Streams: []live.Stream{{Channel: "order_book", Name: "btcusd-perp"}},
		},
		`{"event":"bts:unsubscription_succeeded","channel":"live_trades_btcusd","data":{}}`: {Meaning: live.Ended, Streams: trades},
		`{"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}}`: {
			Meaning: live.Refused, Reason: "code null: Bad subscription string.",
		},
		`{"event":"bts:error","data":{"code":4009,"message":"Connection is unauthorized."}}`: {
			Meaning: live.Refused, Reason: "code 4009: Connection is unauthorized.",
		},
		`{"event":"bts:error","channel":"live_trades_btcusd","data":"gone"}`: {Meaning: live.Refused, Streams: trades, Reason: `"gone"`},
		`{"event":"bts:error"}`: {Meaning: live.Refused},
		`{"event":"bts:error","channel":"","data":{"code":null,"message":"Rate limit exceeded"}}`: {
			Meaning: live.Throttled, Reason: "code null: Rate limit exceeded",
		},
		`{"event":"bts:request_reconnect","channel":"","data":""}`: {Meaning: live.Leaving},
		`{"event":"bts:request_reconnect"}`:                        {Meaning: live.Leaving},

		`{"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusd","data":{}}`:                      {},
		`{"event":"bts:subscription_succeeded","channel":"live_trades_","data":{}}`:                                {},
		`{"event":"bts:subscription_succeeded","channel":"live_trades_` + strings.Repeat("a", 65) + `","data":{}}`: {},
		`{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}`:                                       {},
		`{"event":"data","channel":"diff_order_book_btcusd","data":{"bids":[["1","2"]]}}`:                          {},
		`{"event":{}}`: {},
		`null`:         {},
		``:             {},
	} {
		if diff := cmp.Diff(want, dialect{}.Judge([]byte(message))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`{"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}}`, `{"event":"bts:error","data":{"code":1,"message":"\u001b[31m too many"}}`,
		`{"event":"bts:error","channel":"order_book_x","data":[`, `{"event":"bts:request_reconnect","data":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		n := dialect{}.Judge(message)
		if len(n.Streams) > 1 || n.ID != 0 || n.Reply != nil || len(n.Reason) > 256 {
			t.Errorf("%+v", n)
		}
		for _, s := range n.Streams {
			if diff := cmp.Diff(n.Streams, streamsOf(s.Channel+"_"+s.Name)); diff != "" {
				t.Errorf("a stream that cannot be (-want +got):\n%s", diff)
			}
		}
		if strings.ContainsFunc(n.Reason, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("reason %q", n.Reason)
		}
	})
}
