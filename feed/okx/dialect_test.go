package okx

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
)

func plain() dialect { return dialect{[]string{"tickers", "trades"}} }

func TestRequestsAreWrittenAsOKXReadsThem(t *testing.T) {
	t.Parallel()
	streams := append(plain().Streams("BTC-USDT"), plain().Streams("BTC-USD-240628-40000-C")...)
	for want, r := range map[string]live.Request{
		`{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"},{"channel":"trades","instId":"BTC-USDT"},` +
			`{"channel":"tickers","instId":"BTC-USD-240628-40000-C"},{"channel":"trades","instId":"BTC-USD-240628-40000-C"}]}`: {ID: 1, Streams: streams},
		`{"op":"unsubscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]}`: {ID: 2, Drop: true, Streams: streams[1:2]},
		`{"op":"subscribe","args":[{"channel":"tickers","instId":"a\"b:c"}]}`:    {ID: 3, Streams: plain().Streams(`a"b:c`)[:1]},
	} {
		if got := string(plain().Request(r)); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if got := string(plain().Ping(1)); got != "ping" {
		t.Errorf("the ping is %q", got)
	}
}

func TestTheLongestRequestIsTaken(t *testing.T) {
	t.Parallel()
	var r live.Request
	for len(r.Streams) < batch {
		r.Streams = append(r.Streams, plain().Streams(strings.Repeat("A", maxNameBytes))...)
	}
	if n := len(plain().Request(r)); n > 64<<10 {
		t.Errorf("%d bytes", n)
	}
}

func TestControlMessagesMeanWhatOKXSays(t *testing.T) {
	t.Parallel()
	ticker := []live.Stream{{Channel: mixed, Name: "tickers:BTC-USDT"}}
	for message, want := range map[string]live.Notice{
		`{"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"a4d3ae55"}`: {Meaning: live.Granted, Streams: ticker},
		`{"arg":{"instId":"BTC-USDT","channel":"tickers"},"event":"unsubscribe"}`:                   {Meaning: live.Ended, Streams: ticker},
		`{"event":"error","code":"60018","msg":"channel:tickers,instId:BTC-USDT doesn't exist"}`: {
			Meaning: live.Refused, Streams: ticker, Reason: "code 60018: channel:tickers,instId:BTC-USDT doesn't exist",
		},
		`{"event":"error","code":"60018","msg":"Wrong URL or channel:tickers,instId:BTC-USDT doesn't exist. Please use the correct URL"}`: {
			Meaning: live.Refused, Streams: ticker,
			Reason: "code 60018: Wrong URL or channel:tickers,instId:BTC-USDT doesn't exist. Please use the correct URL",
		},
		`{"event":"error","code":"60008","msg":"not here","arg":{"channel":"tickers","instId":"BTC-USDT"}}`: {
			Meaning: live.Refused, Streams: ticker, Reason: "code 60008: not here",
		},
		`{"event":"error","code":"60018","msg":"channel:books,instId:BTC-USDT doesn't exist"}`: {
			Meaning: live.Refused, Reason: "code 60018: channel:books,instId:BTC-USDT doesn't exist",
		},
		`{"event":"error","code":"60012","msg":"Invalid request: {\"op\":\"subscribe\"}"}`: {
			Meaning: live.Refused, Reason: `code 60012: Invalid request: {"op":"subscribe"}`,
		},
		`{"event":"error","code":"60014","msg":"Requests too frequent"}`:                                                          {Meaning: live.Throttled, Reason: "code 60014: Requests too frequent"},
		`{"event":"error","code":"64007","msg":"try again later"}`:                                                                {Meaning: live.Throttled, Reason: "code 64007: try again later"},
		`{"event":"error","code":"50011","msg":"Rate limit reached"}`:                                                             {Meaning: live.Throttled, Reason: "code 50011: Rate limit reached"},
		`{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade.","connId":"a4d3ae55"}`: {Meaning: live.Leaving},
		`{"event":"channel-conn-count-error","channel":"tickers","connCount":"30","connId":"a4d3ae55"}`: {
			Meaning: live.Fatal, Reason: "too many connections with tickers", RetryAfter: time.Minute,
		},

		`{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}`:                          {},
		`{"event":"subscribe","arg":{"channel":"tickers"}}`:                                            {},
		`{"event":"subscribe","arg":{"channel":"tickers","instId":"` + strings.Repeat("A", 65) + `"}}`: {},
		`{"event":"subscribe"}`:                          {},
		`{"event":"notice","code":"64999","msg":"news"}`: {},
		`{"event":"channel-conn-count","channel":"tickers","connCount":"2","connId":"a4d3ae55"}`:       {},
		`{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"a4d3ae55"}`: {},
		`{"event":"login","code":"0"}`: {},
		`{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[]}]}`: {},
		`{"event":7}`: {},
		`pong`:        {},
		`null`:        {},
		``:            {},
	} {
		if diff := cmp.Diff(want, plain().Judge([]byte(message))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`{"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"}}`, `{"event":"error","code":"60018","msg":"channel:trades,instId:A,,. doesn't"}`,
		`{"event":"error","code":"60014"}`, `{"event":"notice","code":"64008"}`, `{"event":"channel-conn-count-error","channel":"trades"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		n := plain().Judge(message)
		if len(n.Streams) > 1 || n.ID != 0 || n.Reply != nil || len(n.Reason) > 256 || n.RetryAfter > time.Hour {
			t.Errorf("%+v", n)
		}
		for _, s := range n.Streams {
			if a := argOf(s); !plain().ours(a) || a.stream() != s {
				t.Errorf("stream %+v", s)
			}
		}
		if strings.ContainsFunc(n.Reason, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("reason %q", n.Reason)
		}
	})
}
