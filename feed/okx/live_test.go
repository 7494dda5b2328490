package okx

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/live/livetest"
	"ticker/market"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is OKX's side of the protocol.
func exchange() livetest.Exchange {
	return livetest.Exchange{
		Hear: hear,
		Quote: func(native string, n int) (stream, message string) {
			return "tickers:" + native, fmt.Sprintf(`{"arg":{"channel":"tickers","instId":%q},"data":[{"instId":%q,"bidPx":"%d","bidSz":"1","askPx":"%d","askSz":"1","ts":"%d"}]}`,
				native, native, n, n+1, at(n))
		},
		Trade: func(native string, n int) (stream, message string) {
			return "trades:" + native, fmt.Sprintf(`{"arg":{"channel":"trades","instId":%q},"data":[{"instId":%q,"tradeId":"%d","px":"%d","sz":"1","side":"buy","ts":"%d"}]}`,
				native, native, n, n, at(n))
		},
		Planned:   `{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}`,
		Throttled: func(string) string { return `{"event":"error","code":"60014","msg":"Requests too frequent"}` },
		Unknown:   "NOPE-USDT", UnknownNative: "NOPE-USDT",
	}
}

// at returns second n in milliseconds.
func at(n int) int { return 1_700_000_000_000 + 1000*n }

func hear(c *livetest.Client, message string) {
	if message == "ping" {
		c.Say("pong")
		return
	}
	var q request
	if err := json.Unmarshal([]byte(message), &q); err != nil {
		c.Say(`{"event":"error","code":"60012","msg":"Invalid request"}`)
		return
	}
	for _, a := range q.Args {
		name := a.stream().Name
		switch {
		case a.Instrument == "NOPE-USDT":
			c.Say(fmt.Sprintf(`{"event":"error","code":"60018","msg":"channel:%s,instId:%s doesn't exist"}`, a.Channel, a.Instrument))
			continue
		case q.Op == "subscribe":
			c.Subscribe(name)
		default:
			c.Unsubscribe(name)
		}
		c.Say(fmt.Sprintf(`{"event":%q,"arg":{"channel":%q,"instId":%q},"connId":"a4d3ae55"}`, q.Op, a.Channel, a.Instrument))
	}
}

func byTickers() *livetest.Case {
	return &livetest.Case{
		Exchange: exchange(),
		Venue:    func(c live.Config) (feed.Lines, error) { return Live(c, nil) },
		Symbol:   "BTC-USDT", Native: "BTC-USDT", Other: "BTC-USD-SWAP", OtherNative: "BTC-USD-SWAP",
	}
}

// byBBO reads quotes from the channel that has each of them.
func byBBO() *livetest.Case {
	c := byTickers()
	c.Venue = func(c live.Config) (feed.Lines, error) { return Live(c, url.Values{"quotes": {"bbo-tbt"}}) }
	c.Exchange.Quote = func(native string, n int) (stream, message string) {
		return "bbo-tbt:" + native, fmt.Sprintf(`{"arg":{"channel":"bbo-tbt","instId":%q},"data":[{"asks":[["%d","1","0","1"]],"bids":[["%d","1","0","1"]],"ts":"%d","seqId":%d}]}`,
			native, n+1, n, at(n), n)
	}
	return c
}

func TestFaultsOfTheExchangeAreMet(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, byTickers())
}

func TestFaultsAreMetWithEveryQuote(t *testing.T) {
	t.Parallel()
	livetest.Faults(t, byBBO())
}

// One bad name of many may refuse all, without a word of which.
func TestARequestThatIsRefusedAsAWholeLosesOnlyTheBadName(t *testing.T) {
	t.Parallel()
	c := byTickers()
	c.Exchange.Hear = func(c *livetest.Client, message string) {
		if strings.Contains(message, "NOPE-USDT") {
			message = "nonsense"
		}
		hear(c, message)
	}
	c.RunWith(t, live.Config{Symbols: []string{"BTC-USDT", "NOPE-USDT", "BTC-USD-SWAP"}}, func(r *livetest.Rig) {
		r.Pass(time.Minute)
		r.Quote(1)
		r.Trade(2)
		r.Want("beside a bad name", "live bid=1 last=2")
		if n := r.Logged("subscription refused"); n != 2 {
			t.Errorf("%d streams were refused", n)
		}
	})
}

func TestCapturesReachTheirStateOverAConnection(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"okx-20220227", "okcoin-20230527"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			livetest.Capture(t, byTickers(), id, nil)
		})
	}
}

func TestInstrumentsThatAreNotListedAreAskedForByName(t *testing.T) {
	t.Parallel()
	c := byTickers()
	c.Exchange.Ask = func(path string) string { return instruments[path] }
	option := "BTC-USD-240628-40000-C"
	cfg := live.Config{Symbols: []string{"BTC-*", option}}
	if _, err := cfg.Take(url.Values{"names": {option + "=" + option}}); err != nil {
		t.Fatal(err)
	}
	c.RunWith(t, cfg, func(r *livetest.Rig) {
		r.Settle()
		want := []string{
			"tickers:BTC-USD-240628-40000-C", "tickers:BTC-USD-SWAP", "tickers:BTC-USDT",
			"trades:BTC-USD-240628-40000-C", "trades:BTC-USD-SWAP", "trades:BTC-USDT",
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(r.Clients()[0].Streams()))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestATickerBesideEveryQuoteMovesNoQuote(t *testing.T) {
	t.Parallel()
	c := byBBO()
	c.Run(t, func(r *livetest.Rig) {
		r.Quote(1)
		_, ticker := exchange().Quote(c.Native, 2)
		if r.Tell("tickers:"+c.Native, strings.Replace(ticker, `"bidPx"`, `"last":"7","bidPx"`, 1)) != 1 {
			t.Error("tickers are not subscribed")
		}
		r.Settle()
		r.Want("after a ticker", "live bid=1 last=7")
	})
}

func TestAGivenNameGoesBeforeThatOfTheExchange(t *testing.T) {
	t.Parallel()
	c := byTickers()
	cfg := live.Config{Symbols: []string{"COIN"}, Names: map[string]market.Symbol{c.Native: "COIN"}}
	c.RunWith(t, cfg, func(r *livetest.Rig) {
		r.Settle()
		r.Quote(1)
		if got := r.RecordOf("COIN"); got != "live bid=1" {
			t.Errorf("the record is %q", got)
		}
	})
}

func TestPingsLeaveRoomForRequests(t *testing.T) {
	t.Parallel()
	for _, silence := range []time.Duration{time.Second, silence, time.Minute} {
		l := limits(silence)
		pings := 3 * time.Hour.Seconds() / silence.Seconds()
		if n := float64(l.Requests)*3600 + float64(l.RequestBurst) - pings; n < hourly-1 || n > hourly+1 {
			t.Errorf("with a silence of %s there are %v requests an hour", silence, n)
		}
	}
}

func TestOptionsThatCannotBeTakenAreErrors(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]url.Values{
		`"books" is none of tickers, bbo-tbt`:     {"quotes": {"books"}},
		`"OPTION" is none of SPOT, SWAP, FUTURES`: {"types": {"SPOT,OPTION"}},
		`unknown option "depth": want symbols`:    {"depth": {"5"}, "types": {"SPOT"}},
	} {
		_, err := Live(live.Config{Symbols: []string{"BTC-USDT"}}, options)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", options, err)
		}
	}
}
