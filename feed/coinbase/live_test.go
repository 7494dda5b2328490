package coinbase

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const unknown = "NOPE-USD"

// hear is what Coinbase does with a request: one that holds a product that it does
// not have is refused as a whole, any other is answered with all that is subscribed.
func hear(c *livetest.Client, message string) {
	var r request
	if err := json.Unmarshal([]byte(message), &r); err != nil {
		c.Say(`{"type":"error","message":"Malformed JSON"}`)
		return
	}
	switch {
	case slices.Contains(r.Products, unknown):
		c.Say(`{"type":"error","message":"Failed to subscribe","reason":"` + unknown + ` is not a valid product"}`)
		return
	case r.Type == "subscribe":
		c.Subscribe(r.Products...)
	case r.Type == "unsubscribe":
		c.Unsubscribe(r.Products...)
	}
	c.Say(acknowledgement(c.Streams()))
}

func acknowledgement(products []string) string {
	list := `[]`
	if len(products) > 0 {
		list = `["` + strings.Join(products, `","`) + `"]`
	}
	var all []string
	for _, name := range channels() {
		all = append(all, fmt.Sprintf(`{"name":%q,"product_ids":%s,"account_ids":null}`, name, list))
	}
	return `{"type":"subscriptions","channels":[` + strings.Join(all, ",") + `]}`
}

func at(n int) string { return time.Unix(1_700_000_000+int64(n), 0).UTC().Format(time.RFC3339Nano) }

func exchange() *livetest.Case {
	return &livetest.Case{
		Venue:  func(c live.Config) (feed.Lines, error) { return Live(c, nil) },
		Symbol: "BTC-USD", Native: "BTC-USD", Other: "ETH-USD", OtherNative: "ETH-USD",
		Exchange: livetest.Exchange{
			Hear: hear,
			Ask: func(path string) string {
				if path != "/products" {
					return ""
				}
				return `[{"id":"BTC-USD","status":"online"},{"id":"ETH-USD","status":"online"},{"id":"` + unknown + `","status":"online"}]`
			},
			Quote: func(native string, n int) (stream, message string) {
				return native, fmt.Sprintf(`{"type":"ticker","sequence":%d,"product_id":%q,"best_bid":"%d","best_ask":"%d","time":%q}`, n, native, n, n+1, at(n))
			},
			Trade: func(native string, n int) (stream, message string) {
				return native, fmt.Sprintf(`{"type":"match","trade_id":%d,"product_id":%q,"price":"%d","size":"1","time":%q}`, n, native, n, at(n))
			},
			Beat:      `{"type":"heartbeat","sequence":1,"last_trade_id":1,"product_id":"BTC-USD","time":"2023-11-14T22:13:20Z"}`,
			Throttled: func(string) string { return `{"type":"error","message":"rate limit exceeded"}` },
			Unknown:   unknown, UnknownNative: unknown,
		},
	}
}

func TestTheFeedLivesThroughAllFaultsOfTheExchange(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, exchange())
}

func TestRecordedTrafficReachesItsStateThroughTheFeed(t *testing.T) {
	t.Parallel()
	c := exchange()
	c.Exchange.Ask = nil
	livetest.Capture(t, c, "coinbase-20210417-a", nil)
}

func TestAConnectionWithoutHeartbeatsIsDeadThoughItAnswersPings(t *testing.T) {
	t.Parallel()
	c := exchange()
	c.Exchange.Beat = ""
	c.Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		r.Pass(6 * time.Second)
		if r.Logged("reason=silent") != 1 {
			t.Error("6 s without a heartbeat are no silence")
		}
	})
}

func TestALostTradeIsNoticedThoughNoOtherFollows(t *testing.T) {
	t.Parallel()
	exchange().Run(t, func(r *livetest.Rig) {
		r.Trade(1)
		client := r.Clients()[0]
		for range 2 {
			client.Say(`{"type":"heartbeat","sequence":9,"last_trade_id":3,"product_id":"BTC-USD","time":"2023-11-14T22:13:20Z"}`)
			r.Pass(0)
		}
		r.Settle()
		if client.Heard(`"unsubscribe"`) != 1 || !client.Has("BTC-USD") || !client.Has("ETH-USD") {
			t.Errorf("heard %d ends, and has %v", client.Heard(`"unsubscribe"`), client.Streams())
		}
		client.Say(`{"type":"last_match","trade_id":3,"product_id":"BTC-USD","price":"3","size":"1","time":"2023-11-14T22:13:23Z"}`)
		r.Pass(0)
		r.Want("after the trade was told again", "live last=3")
		r.WantTrades("as it was replayed", "1")
		r.WantMetric("ticker_feed_missed_trades_total", "", 2)
	})
}

func TestUnknownOptionsAreErrors(t *testing.T) {
	t.Parallel()
	if _, err := Live(live.Config{Symbols: []string{"BTC-USD"}}, url.Values{"depth": {"5"}}); err == nil || !strings.Contains(err.Error(), `"depth"`) {
		t.Errorf("got %v", err)
	}
}
