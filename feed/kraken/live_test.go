package kraken

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// unknown returns a pair that Kraken does not have.
func unknown(name string) bool { return strings.HasPrefix(name, "NOPE/") }

// hearV2 is what Kraken does with a request of version 2: each symbol is answered
// by itself.
func hearV2(c *livetest.Client, message string) {
	var r requestV2
	if err := json.Unmarshal([]byte(message), &r); err != nil {
		c.Say(`{"error":"Malformed request","method":"error","success":false}`)
		return
	}
	if r.Method == "ping" {
		c.Say(fmt.Sprintf(`{"method":"pong","req_id":%d}`, r.ReqID))
		return
	}
	for _, symbol := range r.Params.Symbols {
		stream := r.Params.Channel + " " + symbol
		switch {
		case unknown(symbol):
			c.Say(fmt.Sprintf(`{"error":"Currency pair not supported %s","method":%q,"req_id":%d,"success":false,"symbol":%q}`, symbol, r.Method, r.ReqID, symbol))
			continue
		case r.Method == "subscribe":
			c.Subscribe(stream)
		case r.Method == "unsubscribe":
			c.Unsubscribe(stream)
		}
		c.Say(fmt.Sprintf(`{"method":%q,"req_id":%d,"result":{"channel":%q,"symbol":%q,"snapshot":true},"success":true}`, r.Method, r.ReqID, r.Params.Channel, symbol))
	}
}

// hearV1 is the same of version 1.
func hearV1(c *livetest.Client, message string) {
	var r requestV1
	if err := json.Unmarshal([]byte(message), &r); err != nil {
		c.Say(`{"errorMessage":"Malformed request","event":"error"}`)
		return
	}
	if r.Event == "ping" {
		c.Say(`{"event":"pong"}`)
		return
	}
	for _, pair := range r.Pairs {
		stream := r.Subscription.Name + " " + pair
		status := "subscribed"
		switch {
		case unknown(pair):
			c.Say(fmt.Sprintf(`{"errorMessage":"Currency pair not supported %s","event":"subscriptionStatus","pair":%q,"status":"error","subscription":{"name":%q}}`, pair, pair, r.Subscription.Name))
			continue
		case r.Event == "subscribe":
			c.Subscribe(stream)
		case r.Event == "unsubscribe":
			status = "unsubscribed"
			c.Unsubscribe(stream)
		}
		c.Say(fmt.Sprintf(`{"channelID":7,"channelName":%q,"event":"subscriptionStatus","pair":%q,"status":%q,"subscription":{"name":%q}}`, r.Subscription.Name, pair, status, r.Subscription.Name))
	}
}

func ask(path string) string {
	if path != "/0/public/AssetPairs" {
		return ""
	}
	return `{"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD","status":"online"},"XETHZUSD":{"wsname":"ETH/USD","status":"online"},"NOPEUSD":{"wsname":"NOPE/USD","status":"online"}}}`
}

func at(n int) string { return time.Unix(1_700_000_000+int64(n), 0).UTC().Format(time.RFC3339Nano) }

func version2() *livetest.Case {
	return &livetest.Case{
		Venue:  func(c live.Config) (feed.Lines, error) { return Live(c, nil) },
		Symbol: "BTC-USD", Native: "BTC/USD", Other: "ETH-USD", OtherNative: "ETH/USD",
		Exchange: livetest.Exchange{
			Greet: func(c *livetest.Client) {
				c.Say(`{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2"}]}`)
			},
			Hear: hearV2, Ask: ask,
			Quote: func(native string, n int) (stream, message string) {
				return "ticker " + native, fmt.Sprintf(`{"channel":"ticker","type":"update","data":[{"symbol":%q,"bid":%d,"ask":%d,"timestamp":%q}]}`, native, n, n+1, at(n))
			},
			Trade: func(native string, n int) (stream, message string) {
				return "trade " + native, fmt.Sprintf(`{"channel":"trade","type":"update","data":[{"symbol":%q,"price":%d,"qty":1,"trade_id":%d,"timestamp":%q}]}`, native, n, n, at(n))
			},
			Beat:      `{"channel":"heartbeat"}`,
			Throttled: func(string) string { return `{"Error":"Exceeded msg rate"}` },
			Unknown:   "NOPE-USD", UnknownNative: "NOPE/USD",
		},
	}
}

func version1() *livetest.Case {
	return &livetest.Case{
		Venue:  func(c live.Config) (feed.Lines, error) { return Live(c, url.Values{"version": {"1"}}) },
		Symbol: "BTC-USD", Native: "XBT/USD", Other: "ETH-USD", OtherNative: "ETH/USD",
		Exchange: livetest.Exchange{
			Greet: func(c *livetest.Client) {
				c.Say(`{"connectionID":14545728493745856413,"event":"systemStatus","status":"online","version":"1.8.3"}`)
			},
			Hear: hearV1, Ask: ask,
			Quote: func(native string, n int) (stream, message string) {
				return "spread " + native, fmt.Sprintf(`[7,["%d","%d","%d.000000","1","1"],"spread",%q]`, n, n+1, 1_700_000_000+n, native)
			},
			Trade: func(native string, n int) (stream, message string) {
				return "trade " + native, fmt.Sprintf(`[7,[["%d","1","%d.000000","b","l",""]],"trade",%q]`, n, 1_700_000_000+n, native)
			},
			Beat:      `{"event":"heartbeat"}`,
			Throttled: func(string) string { return `{"event":"error","errorMessage":"Exceeded msg rate"}` },
			Unknown:   "NOPE-USD", UnknownNative: "NOPE/USD",
		},
	}
}

func TestTheFeedLivesThroughAllFaultsOfTheExchange(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, version2())
}

func TestVersion1LivesThroughAllFaultsOfTheExchange(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, version1())
}

func TestRecordedTrafficReachesItsStateThroughTheFeed(t *testing.T) {
	t.Parallel()
	c := version1()
	c.Exchange.Ask = nil
	livetest.Capture(t, c, "kraken-v1-20210417-a", nil)
}

func TestMistakenOptionsAreErrors(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]url.Values{
		"option version": {"version": {"3"}},
		`"depth"`:        {"version": {"2"}, "depth": {"5"}},
	} {
		if _, err := Live(live.Config{Symbols: []string{"BTC-USD"}}, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if options.Get("version") == "" {
			t.Errorf("the caller's options became %v", options)
		}
	}
}

func TestVersion2IsWhatIsSpokenUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "wss://ws.kraken.com/v2", "2": "wss://ws.kraken.com/v2", "1": "wss://ws.kraken.com"} {
		if v, err := parseVersion(text); err != nil || v.address() != want {
			t.Errorf("version %q is at %s, %v", text, v.address(), err)
		}
	}
}
