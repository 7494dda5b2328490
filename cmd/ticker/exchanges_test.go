package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// told waits until somebody has subscribed to a stream, and tells them.
func (e *exchange) told(t *testing.T, stream, message string) {
	t.Helper()
	eventually(t, "a subscription to "+stream, func() bool { return e.tell(stream, "%s", message) > 0 })
}

// record waits until the record of a symbol has all of what is wanted.
func (r *running) record(symbol string, want map[string]any) {
	r.t.Helper()
	var got map[string]any
	eventually(r.t, fmt.Sprintf("a record of %s with %v", symbol, want), func() bool {
		got = r.snapshot()[symbol]
		for field, value := range want {
			if fmt.Sprint(got[field]) != fmt.Sprint(value) {
				return false
			}
		}
		return got != nil
	})
}

func TestALiveExchangeIsServedAndItsLossIsSeen(t *testing.T) {
	t.Parallel()
	cb := newCoinbase(t)
	r := startServe(t, "--history", "off", "--feed", cb.spec("coinbase", "&symbols=BTC-USD"))
	conn := dial(t, r)
	request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["BTC-USD"],"interval":"20ms"}`)
	cb.told(t, "BTC-USD", coinbaseTicker(1))
	if got := next(t, conn); !strings.Contains(got, `"bid":1,`) || !strings.Contains(got, `"source":"coinbase"`) {
		t.Errorf("got %s", got)
	}
	cb.drop()
	if got := next(t, conn); !strings.Contains(got, `"status":"stale"`) || !strings.Contains(got, `"reason":"disconnected"`) {
		t.Errorf("after the drop: %s", got)
	}
	cb.told(t, "BTC-USD", coinbaseTicker(2))
	if got := next(t, conn); !strings.Contains(got, `"bid":2,`) || strings.Contains(got, "stale") {
		t.Errorf("after the recovery: %s", got)
	}
	if line := r.log.line(t, "feed disconnected"); line["feed"] != "coinbase" || line["error"] == nil || line["next_try_in"] == nil {
		t.Errorf("the log says %v", line)
	}
	if _, metrics := get(t, r.admin+"/metrics"); !strings.Contains(metrics, `ticker_feed_disconnects_total{feed="coinbase",reason="error"} 1`) {
		t.Error("no metric tells of it")
	}
}

func TestTheFirstWatcherOpensASymbolUpstream(t *testing.T) {
	t.Parallel()
	cb := newCoinbase(t)
	r := startServe(t, "--history", "off", "--feed", cb.spec("coinbase", "&grace=100ms"))
	eventually(t, "a feed that nobody asked for anything is ready", func() bool {
		code, _ := r.ready()
		return code == http.StatusOK
	})
	conn := dial(t, r)
	if got := request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["BTC-USD"]}`); !strings.Contains(got, `"pending":["BTC-USD"]`) {
		t.Errorf("got %s", got)
	}
	cb.told(t, "BTC-USD", coinbaseTicker(5))
	if got := next(t, conn); !strings.Contains(got, `"bid":5,`) {
		t.Errorf("got %s", got)
	}
	request(t, conn, `{"type":"command","id":"2","action":"unsubscribe","symbols":["BTC-USD"]}`)
	eventually(t, "the end of the subscription", func() bool { return cb.tell("BTC-USD", "{}") == 0 })
	r.record("BTC-USD", map[string]any{"bid": 5, "status": "stale", "reason": "disconnected"})
}

func TestOfTwoLegsTheFirstCopyCountsAndOneMayDie(t *testing.T) {
	t.Parallel()
	a, b := newCoinbase(t), newCoinbase(t)
	r := startServe(t, "--history", "off",
		"--feed", a.spec("coinbase", "&symbols=BTC-USD&name=a&ab=cb"), "--feed", b.spec("coinbase", "&symbols=BTC-USD&name=b&ab=cb"))
	a.told(t, "BTC-USD", coinbaseTicker(1))
	b.told(t, "BTC-USD", coinbaseTicker(1))
	for n := 2; n <= 9; n++ {
		a.told(t, "BTC-USD", coinbaseMatch(n))
		b.told(t, "BTC-USD", coinbaseMatch(n))
	}
	r.record("BTC-USD", map[string]any{"last": 9, "seq": 9, "source": "cb"})
	conn := dial(t, r)
	request(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["BTC-USD"],"interval":"20ms"}`)
	next(t, conn)
	a.Close() // for good
	a.drop()
	r.log.line(t, "feed disconnected")
	b.told(t, "BTC-USD", coinbaseTicker(20))
	if got := next(t, conn); !strings.Contains(got, `"bid":20,`) || strings.Contains(got, "stale") {
		t.Errorf("with one leg dead the client got %s", got)
	}
	if code, body := r.ready(); code != 200 {
		t.Errorf("with one leg dead the service is not ready: %d %s", code, body)
	}
	b.Close()
	b.drop()
	r.record("BTC-USD", map[string]any{"bid": 20, "status": "stale", "reason": "disconnected"})
	if code, body := r.ready(); code != 503 || !strings.Contains(body, "cb") {
		t.Errorf("with both legs dead the service is ready: %d %s", code, body)
	}
}

func TestACompositeHasTheBestOfItsVenuesAndSaysWhose(t *testing.T) {
	t.Parallel()
	cb, kr := newCoinbase(t), newKraken(t)
	r := startServe(t, "--history", "off",
		"--feed", cb.spec("coinbase", "&symbols=BTC-USD&composite=bbo"), "--feed", kr.spec("kraken", "&symbols=BTC-USD&composite=bbo"))
	cb.told(t, "BTC-USD", coinbaseTicker(100)) // 100 to 102
	r.record("BTC-USD", map[string]any{"bid": 100, "ask": 102, "source": "bbo:coinbase/coinbase"})
	kr.told(t, "ticker BTC/USD", krakenTicker("101", "103"))
	r.record("BTC-USD", map[string]any{"bid": 101, "bidSize": 3, "ask": 102, "askSize": 2, "source": "bbo:kraken/coinbase"})
	kr.drop()
	r.record("BTC-USD", map[string]any{"bid": 100, "ask": 102, "source": "bbo:coinbase/coinbase"})
	if got := r.snapshot()["BTC-USD"]["status"]; got == "stale" {
		t.Error("one venue of two is gone, and the composite is stale")
	}
}

func TestARecordedFeedPlaysBackAsItWas(t *testing.T) {
	t.Parallel()
	cb := newCoinbase(t)
	dir := filepath.Join(t.TempDir(), "captures")
	r := startServe(t, "--history", "off", "--feed", cb.spec("coinbase", "&symbols=BTC-USD&record="+dir))
	for n := range 20 {
		cb.told(t, "BTC-USD", coinbaseMatch(n+1))
		cb.told(t, "BTC-USD", coinbaseTicker(n+1))
	}
	r.record("BTC-USD", map[string]any{"bid": 20, "last": 20})
	was := r.snapshot()["BTC-USD"]
	if code := r.end(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	again := startServe(t, "--history", "off", "--feed", "replay:"+dir+"/coinbase-*.log.gz?venue=coinbase&speed=max")
	again.record("BTC-USD", map[string]any{"bid": 20, "last": 20})
	is := again.snapshot()["BTC-USD"]
	for field, value := range was {
		if field != "recv" && field != "source" && fmt.Sprint(is[field]) != fmt.Sprint(value) {
			t.Errorf("%s is %v, and was %v", field, is[field], value)
		}
	}
}

// refused runs the program, which is to end by itself.
func refused(t *testing.T, environ []string, args ...string) (code int, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out bytes.Buffer
	env := &environment{args: args, environ: environ, stdin: strings.NewReader(""), stdout: io.Discard, stderr: &out}
	return run(ctx, env), out.String()
}

func TestSecretsInSpecsAreNeverShown(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{
		"alpaca:?symbols=AAPL&key=HUSH1&secret=HUSH2",
		"rabbitmq:?queue=q&url=amqp://me:HUSH3@127.0.0.1:1/",
		"nats:?subject=q&url=nats://me:HUSH4@127.0.0.1:1,nats://me:HUSH5@127.0.0.1:2",
		"redis:?channel=q&password=HUSH6&url=redis://me:HUSH7@127.0.0.1:1",
		"kafka:?brokers=127.0.0.1:1&topic=t&sasl=plain&user=u&password=HUSH8",
		"nats:?subject=q&token=HUSH9&url=nats://127.0.0.1:1&nonsense=1",
		"redis:?url=redis://me:HUSH%25zz@127.0.0.1:1&channel=q",
		"coinbase:?symbols=BTC-USD&url=wss://127.0.0.1:1/x?token=HUSHa",
		"kraken:?symbols=BTC-USD&apikey=HUSHb",
	} {
		code, stdout, stderr := program(t, []string{"TICKER_FEEDS=" + spec}, "config", "print")
		if code != 0 || strings.Contains(stdout+stderr, "HUSH") || !strings.Contains(stdout, spec[:5]) {
			t.Errorf("%s: exit %d: %s %s", spec, code, stdout, stderr)
		}
		code, stderr = refused(t, nil, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--history", "off", "--feed", spec+"&nonsense=2")
		if code != 2 || strings.Contains(stderr, "HUSH") {
			t.Errorf("%s: exit %d: %s", spec, code, stderr)
		}
	}
}

func TestAURLForASpecShowsNoSecret(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{
		"nats://me:HUSH1@127.0.0.1:4222?subject=x", "coinbase:?symbols=BTC-USD&url=wss://me:HUSH2@127.0.0.1:1/",
		"coinbase:?symbols=BTC-USD&url=mail://me:HUSH3@127.0.0.1:1/", "redis://HUSH4@127.0.0.1/x?channel=q",
	} {
		code, _, stderr := program(t, nil, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--history", "off", "--feed", spec)
		if code != 2 || strings.Contains(stderr, "HUSH") {
			t.Errorf("%s: exit %d: %s", spec, code, stderr)
		}
	}
}

func TestNoLineOfALiveFeedHoldsAParameterOfItsURL(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--history", "off", "--feed", "coinbase:?symbols=BTC-USD&rest=off&url=ws://127.0.0.1:1/x?token=HUSH")
	line := r.log.line(t, "feed disconnected")
	if text := fmt.Sprint(line); strings.Contains(text, "HUSH") || !strings.Contains(text, "ws://127.0.0.1:1/x") {
		t.Error(text)
	}
}

func TestFeedsInAFileMayHaveListsAndMappings(t *testing.T) {
	t.Parallel()
	file := writeFile(t, `
feeds:
  - kind: binance
    symbols: [BTC-USDT, ETH-USDT]
    names:
      XBTUSD: BTC-USD
      XDGUSD: DOGE-USD
    rest: "off"
`)
	code, stdout, stderr := program(t, nil, "config", "print", "--config", file)
	want := "binance:?names=XBTUSD%3DBTC-USD%2CXDGUSD%3DDOGE-USD&rest=off&symbols=BTC-USDT%2CETH-USDT"
	if code != 0 || !strings.Contains(stdout, want) {
		t.Errorf("exit %d: %s %s", code, stdout, stderr)
	}
}

func TestGroupsOfFeedsAreChecked(t *testing.T) {
	t.Parallel()
	for spec, complaint := range map[string]string{
		"sim:?ab=x&name=x":                 "two feeds are named x",
		"sim:?ab=x push:?composite=x":      "x is the name of an ab and of a composite",
		"sim:?ab=X":                        "want a-z 0-9",
		"sim:?ab=x push:?ab=x&composite=y": "want the same for all its feeds",
		"sim:?record=captures":             "sim has no raw messages to record",
		"coinbase:?symbols=btc":            "symbols",
		"coinbase:?nonsense=1":             "nonsense",
		"okx:?grace=soon":                  "grace",
		"kraken:?names=XBT":                "NAME=SYMBOL",
		"binance:?url=http://example.com":  "ws://",
		"kafka:?topic=t":                   "brokers",
		"nats:?subject=q&venue=nasdaq":     "nasdaq",
		"martian:":                         "no kind of feed",
	} {
		args := []string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--history", "off"}
		for one := range strings.FieldsSeq(spec) {
			args = append(args, "--feed", one)
		}
		if code, stderr := refused(t, nil, args...); code != 2 || !strings.Contains(stderr, complaint) {
			t.Errorf("%s: exit %d: %s", spec, code, stderr)
		}
	}
}
