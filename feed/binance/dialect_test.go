package binance

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"ticker/feed/internal/live"
)

func TestRequestsAreWrittenAsBinanceReadsThem(t *testing.T) {
	t.Parallel()
	d := dialect{[]string{"bookTicker", "aggTrade"}}
	streams := append(d.Streams("BTCUSDT"), d.Streams("ETHUSDT_240628")...)
	for want, r := range map[string]live.Request{
		`{"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@aggTrade","ethusdt_240628@bookTicker","ethusdt_240628@aggTrade"],"id":2}`: {ID: 1, Streams: streams},
		`{"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":15}`:                                                                       {ID: 7, Drop: true, Streams: streams[:1]},
		`{"method":"SUBSCRIBE","params":["a\"b@trade"],"id":6}`:                                                                                  {ID: 3, Streams: []live.Stream{{Name: `a"b@trade`}}},
	} {
		if got := string(d.Request(r)); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if got := d.Ping(1); got != nil {
		t.Errorf("a ping of its own: %s", got)
	}
}

func TestControlMessagesMeanWhatBinanceSays(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]live.Notice{
		`{"result":null,"id":2}`:                                                {Meaning: live.Granted, ID: 1},
		`{"id":2,"result":null}`:                                                {Meaning: live.Granted, ID: 1},
		`{"result":null,"id":"24"}`:                                             {Meaning: live.Granted, ID: 12},
		`{"result":null,"id":3}`:                                                {Meaning: live.Ended, ID: 1},
		`{"code":2,"msg":"Invalid request: invalid stream","id":4}`:             {Meaning: live.Refused, ID: 2, Reason: "code 2: Invalid request: invalid stream"},
		`{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":"4"}`: {Meaning: live.Refused, ID: 2, Reason: "code 2: Invalid request: invalid stream"},
		`{"error":{"code":3,"msg":"Invalid JSON"},"id":null}`:                   {Meaning: live.Refused, Reason: "code 3: Invalid JSON"},
		`{"error":{"code":1,"msg":"Invalid value type"},"id":7}`:                {Meaning: live.Refused, ID: 3, Reason: "code 1: Invalid value type"},
		`{"code":-1003,"msg":"Too many requests","id":4}`:                       {Meaning: live.Throttled, ID: 2, Reason: "code -1003: Too many requests"},
		`{"error":{"code":429,"msg":"slow down"},"id":4}`:                       {Meaning: live.Throttled, ID: 2, Reason: "code 429: slow down"},
		`{"e":"serverShutdown","E":1770123456789}`:                              {Meaning: live.Leaving},
		`{"stream":"s","data":{"E":1770123456789,"e":"serverShutdown"}}`:        {Meaning: live.Leaving},

		`{"result":["btcusdt@aggTrade"]}`: {},
		`{"result":null,"id":null}`:       {},
		`{"result":null,"id":0}`:          {},
		`{"result":null,"id":-4}`:         {},
		`{"result":null,"id":{"a":1}}`:    {},
		`{"id":4}`:                        {},
		`{"e":"kline","E":1,"s":"A"}`:     {},
		`{"stream":"abcusdt@depth","data":{"e":"depthUpdate","E":1,"b":[["1","2"]]}}`: {},
		`[]`:   {},
		`null`: {},
		`pong`: {},
		``:     {},
	} {
		if diff := cmp.Diff(want, dialect{}.Judge([]byte(message))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}

func TestEveryAnswerFindsItsRequest(t *testing.T) {
	t.Parallel()
	for _, drop := range []bool{false, true} {
		request := string(dialect{}.Request(live.Request{ID: 1 << 40, Drop: drop, Streams: []live.Stream{{Name: "a@b"}}}))
		_, id, _ := strings.Cut(request, `"id":`)
		got := dialect{}.Judge([]byte(`{"result":null,"id":` + id))
		if got.ID != 1<<40 || (got.Meaning == live.Ended) != drop {
			t.Errorf("%s was answered by %+v", request, got)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, seed := range []string{
		`{"result":null,"id":2}`, `{"code":2,"msg":"Invalid request","id":3}`, `{"error":{"code":-1003,"msg":"\u001b[31m"},"id":"9"}`,
		`{"e":"serverShutdown","E":1}`, `{"data":{"e":"serverShutdown"}}`, `{"error":null,"code":"1e400"}`, `{"id":18446744073709551616}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		n := dialect{}.Judge(message)
		if len(n.Streams) != 0 || n.Reply != nil || len(n.Reason) > 256 {
			t.Errorf("%+v", n)
		}
		if strings.ContainsFunc(n.Reason, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("reason %q", n.Reason)
		}
	})
}
