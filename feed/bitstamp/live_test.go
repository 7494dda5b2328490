package bitstamp

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is Bitstamp's side of the protocol.
func exchange() livetest.Exchange {
	return livetest.Exchange{
		Hear: hear,
		Quote: func(native string, n int) (stream, message string) {
			stream = "order_book_" + native
			return stream, fmt.Sprintf(`{"data":{"timestamp":"%d","microtimestamp":"%d000000","bids":[["%d","1"]],"asks":[["%d","1"]]},"channel":%q,"event":"data"}`,
				at(n), at(n), n, n+1, stream)
		},
		Trade: func(native string, n int) (stream, message string) {
			stream = "live_trades_" + native
			return stream, fmt.Sprintf(`{"data":{"id":%d,"timestamp":"%d","amount":1,"amount_str":"1","price":%d,"price_str":"%d","type":0,"microtimestamp":"%d000000"},"channel":%q,"event":"trade"}`,
				n, at(n), n, n, at(n), stream)
		},
		Planned: `{"event":"bts:request_reconnect","channel":"","data":""}`,
		Throttled: func(string) string {
			return `{"event":"bts:error","channel":"","data":{"code":null,"message":"Too many requests."}}`
		},
		Unknown: "NOPE-USD", UnknownNative: "nopeusd",
	}
}

// at returns second n.
func at(n int) int { return 1_700_000_000 + n }

func hear(c *livetest.Client, message string) {
	var q request
	if err := json.Unmarshal([]byte(message), &q); err != nil {
		panic(err)
	}
	switch {
	case strings.HasSuffix(q.Data.Channel, "_nopeusd"):
		c.Say(`{"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}}`)
	case q.Event == "bts:subscribe":
		c.Subscribe(q.Data.Channel)
		c.Say(fmt.Sprintf(`{"event":"bts:subscription_succeeded","channel":%q,"data":{}}`, q.Data.Channel))
	case q.Event == "bts:unsubscribe":
		c.Unsubscribe(q.Data.Channel)
		c.Say(fmt.Sprintf(`{"event":"bts:unsubscription_succeeded","channel":%q,"data":{}}`, q.Data.Channel))
	}
}

func bitstamp() *livetest.Case {
	return &livetest.Case{
		Exchange: exchange(),
		Venue:    func(c live.Config) (feed.Lines, error) { return Live(c, nil) },
		Symbol:   "BTC-USD", Native: "btcusd", Other: "ETH-BTC", OtherNative: "ethbtc",
	}
}

func TestFaultsOfTheExchangeAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, bitstamp())
}

func TestCaptureReachesItsStateOverAConnection(t *testing.T) {
	t.Parallel()
	livetest.Capture(t, bitstamp(), "bitstamp-20220104", nil)
}

func TestPatternsCoverWhatIsListed(t *testing.T) {
	t.Parallel()
	c := bitstamp()
	c.Exchange.Ask = func(path string) string {
		if path != "/api/v2/trading-pairs-info/" {
			return ""
		}
		return pairsInfo
	}
	c.RunWith(t, live.Config{Symbols: []string{"BTC-*"}}, func(r *livetest.Rig) {
		r.Settle()
		want := []string{"live_trades_btcusd", "live_trades_btcusd-perp", "order_book_btcusd", "order_book_btcusd-perp"}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(r.Clients()[0].Streams()))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r.Quote(1)
		r.Want("after a quote", "live bid=1")
	})
}

func TestAGivenNameGoesBeforeThatOfTheExchange(t *testing.T) {
	t.Parallel()
	c := bitstamp()
	cfg := live.Config{Symbols: []string{"COIN"}, Names: map[string]market.Symbol{c.Native: "COIN"}}
	c.RunWith(t, cfg, func(r *livetest.Rig) {
		r.Settle()
		r.Quote(1)
		if got := r.RecordOf("COIN"); got != "live bid=1" {
			t.Errorf("the record is %q", got)
		}
	})
}

func TestThereAreNoOptionsOfItsOwn(t *testing.T) {
	t.Parallel()
	_, err := Live(live.Config{Symbols: []string{"BTC-USD"}}, url.Values{"depth": {"5"}})
	if err == nil || !strings.Contains(err.Error(), `unknown option "depth"`) {
		t.Errorf("%v", err)
	}
}
