package binance

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

// exchange is Binance's side of the protocol. It refuses what asks for NOPEUSDT.
func exchange() livetest.Exchange {
	return livetest.Exchange{
		Hear: hear,
		Quote: func(native string, n int) (stream, message string) {
			stream = strings.ToLower(native) + "@bookTicker"
			return stream, fmt.Sprintf(`{"stream":%q,"data":{"u":%d,"s":%q,"b":"%d","B":"1","a":"%d","A":"1"}}`, stream, n, native, n, n+1)
		},
		Trade: func(native string, n int) (stream, message string) {
			stream = strings.ToLower(native) + "@aggTrade"
			at := 1_700_000_000_000 + 1000*n
			return stream, fmt.Sprintf(`{"stream":%q,"data":{"e":"aggTrade","E":%d,"s":%q,"a":%d,"p":"%d","q":"1","f":%d,"l":%d,"T":%d,"m":true,"M":true}}`,
				stream, at, native, n, n, n, n, at)
		},
		Planned: `{"e":"serverShutdown","E":1700000000000}`,
		Throttled: func(message string) string {
			return fmt.Sprintf(`{"error":{"code":-1003,"msg":"Too many requests"},"id":%d}`, heard(message).ID)
		},
		Unknown: "NOPE-USDT", UnknownNative: "NOPEUSDT",
		Lifetime: true,
	}
}

func heard(message string) request {
	var q request
	if err := json.Unmarshal([]byte(message), &q); err != nil {
		panic(err)
	}
	return q
}

func hear(c *livetest.Client, message string) {
	q := heard(message)
	switch {
	case strings.Contains(message, "nopeusdt@"):
		c.Say(fmt.Sprintf(`{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":%d}`, q.ID))
		return
	case q.Method == "UNSUBSCRIBE":
		c.Unsubscribe(q.Params...)
	default:
		c.Subscribe(q.Params...)
	}
	c.Say(fmt.Sprintf(`{"result":null,"id":%d}`, q.ID))
}

func spot() *livetest.Case {
	return &livetest.Case{
		Exchange: exchange(),
		Venue:    func(c live.Config) (feed.Lines, error) { return Live(c, nil) },
		Symbol:   "BTC-USDT", Native: "BTCUSDT", Other: "ETH-BTC", OtherNative: "ETHBTC",
	}
}

// usdm is the futures market, whose streams come on two connections.
func usdm() *livetest.Case {
	c := spot()
	c.Venue = func(c live.Config) (feed.Lines, error) { return Live(c, url.Values{"market": {"usdm"}}) }
	c.Exchange.Paths = []string{"/public/stream", "/market/stream"}
	c.Exchange.Hear = func(c *livetest.Client, message string) {
		if quotes := c.Path() == "/public/stream"; quotes != strings.Contains(message, "@bookTicker") {
			c.Say(`{"error":{"code":2,"msg":"Invalid request: of the other tier"},"id":null}`)
			return
		}
		hear(c, message)
	}
	return c
}

func TestFaultsOfTheSpotMarketAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, spot())
}

func TestFaultsOfTheFuturesAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, usdm())
}

func TestCapturesReachTheirStateOverAConnection(t *testing.T) {
	t.Parallel()
	for id, c := range map[string]*livetest.Case{
		"binance-20210417": spot(), "binance-20211011": spot(), "binance-futures-20210722": usdm(),
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			livetest.Capture(t, c, id, nil)
		})
	}
}

func TestPatternsCoverWhatIsListed(t *testing.T) {
	t.Parallel()
	c := spot()
	c.Exchange.Ask = func(path string) string {
		if path != "/api/v3/exchangeInfo" {
			return ""
		}
		return exchangeInfo
	}
	c.RunWith(t, live.Config{Symbols: []string{"B*"}}, func(r *livetest.Rig) {
		r.Settle()
		want := []string{
			"bnbusd@aggTrade", "bnbusd@bookTicker", "bnbusd@miniTicker",
			"btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@miniTicker",
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(r.Clients()[0].Streams()))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r.Quote(1)
		r.Want("after a quote", "live bid=1")
	})
}

func TestAGivenNameGoesBeforeThatOfTheExchange(t *testing.T) {
	t.Parallel()
	c := spot()
	cfg := live.Config{Symbols: []string{"COIN"}, Names: map[string]market.Symbol{c.Native: "COIN"}}
	c.RunWith(t, cfg, func(r *livetest.Rig) {
		r.Settle()
		r.Quote(1)
		if got := r.RecordOf("COIN"); got != "live bid=1" {
			t.Errorf("the record is %q", got)
		}
	})
}

func TestOptionsThatCannotBeTakenAreErrors(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]url.Values{
		`"coinm" is none of spot, usdm`: {"market": {"coinm"}},
		`unknown option "depth"`:        {"depth": {"5"}},
	} {
		_, err := Live(live.Config{Symbols: []string{"BTC-USDT"}}, options)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", options, err)
		}
	}
	options := url.Values{"market": {"usdm"}}
	if _, err := Live(live.Config{Symbols: []string{"BTC-USDT"}}, options); err != nil || len(options) != 1 {
		t.Errorf("%v, and %v is left of the options", err, options)
	}
}

func TestAnAddressWithoutAPathGetsThatOfItsStreams(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"wss://data-stream.binance.vision":              "wss://data-stream.binance.vision/stream",
		"wss://stream.binance.us:9443/":                 "wss://stream.binance.us:9443/stream",
		"wss://stream.binance.com?timeUnit=microsecond": "wss://stream.binance.com/stream?timeUnit=microsecond",
		"ws://127.0.0.1:8080/ws":                        "ws://127.0.0.1:8080/ws",
	} {
		if got, err := withPath(address, "/stream"); got != want || err != nil {
			t.Errorf("%s became %s, %v", address, got, err)
		}
	}
	if got, err := withPath("wss://%zz", "/stream"); err == nil {
		t.Errorf("no address became %s", got)
	}
}

// Binance counts what it hears in a second, pings and pongs too.
func TestPaceAndStreamsStayWithinTheLimits(t *testing.T) {
	t.Parallel()
	for name, messages := range map[string]float64{"spot": 5, "usdm": 10} {
		s, err := segmentOf(name)
		if err != nil {
			t.Fatal(err)
		}
		l := s.limits()
		if most := float64(l.Requests) + float64(l.RequestBurst) + 2; most > messages {
			t.Errorf("%s: up to %v messages a second", name, most)
		}
		for _, tier := range s.tiers {
			if n := l.Symbols * len(tier.kinds); n > maxStreams || n < maxStreams/3 {
				t.Errorf("%s: %d streams on a connection", name, n)
			}
		}
		if most := float64(l.Dials)*300 + float64(l.DialBurst); most > 150 {
			t.Errorf("%s: up to %v connections in 5 minutes", name, most)
		}
	}
}
