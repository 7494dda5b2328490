package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"ticker/internal/natstest"
)

// natsOf connects to a server.
func natsOf(t *testing.T, server *natstest.Server) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestQuotesGoThroughTheServiceFromAQueueToAQueue(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	conn := natsOf(t, server)
	out, err := conn.SubscribeSync("out.>")
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, fmt.Sprintf(`
history: {url: "off"}
feeds:
  - {kind: nats, url: %q, subject: in.>}
publish:
  - {kind: nats, url: %q, subject: "out.{symbol}", interval: 20ms, symbols: [BTC-*]}
`, server.URL(), server.URL()))
	r := startServe(t, "--config", file)
	eventually(t, "the feed is there", func() bool { code, _ := r.ready(); return code == 200 })
	for n := 1; n <= 100; n++ {
		for _, symbol := range []string{"BTC-USD", "AAPL"} {
			if err := conn.Publish("in."+symbol, fmt.Appendf(nil, `{"symbol":%q,"bid":%d.50}`, symbol, n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.record("AAPL", map[string]any{"bid": "100.50", "source": "nats"})
	var last float64
	records := 0
	for last < 100 {
		m, err := out.NextMsg(20 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var q struct {
			Symbol string
			Seq    float64
			Bid    json.Number
		}
		if err := json.Unmarshal(m.Data, &q); err != nil || q.Symbol != "BTC-USD" || q.Seq <= last || q.Bid.String() != fmt.Sprintf("%v.50", q.Seq) {
			t.Fatalf("after %v: %v %s", last, err, m.Data)
		}
		last = q.Seq
		records++
	}
	if records > 100 {
		t.Errorf("%d records for 100 updates", records)
	}
	eventually(t, "a metric that tells of the sink", func() bool {
		_, metrics := get(t, r.admin+"/metrics")
		return strings.Contains(metrics, `ticker_publish_connected{sink="nats"} 1`)
	})
	server.Kill(t)
	r.record("BTC-USD", map[string]any{"status": "stale", "reason": "disconnected"})
	if code, body := r.ready(); code != 503 || !strings.Contains(body, "nats") {
		t.Errorf("without its queue the service is ready: %d %s", code, body)
	}
}

func TestSinksAreChecked(t *testing.T) {
	t.Parallel()
	for spec, complaint := range map[string]string{
		"sim:":                                 "no kind of sink",
		"nats:?subject=x":                      "url",
		"nats:?url=nats://h&subject=x&name=UP": "want a-z 0-9",
		"nats:?url=nats://h&interval=soon":     "interval",
		"nats:?url=nats://h&symbols=btc":       "symbols",
		"redis:?url=redis://h&nonsense=1":      "nonsense",
		"kafka:?topic=t":                       "brokers",
		"nats:?url=nats://h&subject=a nats:?url=nats://h&subject=b&name=nats": "two sinks are named nats",
	} {
		code, stderr := refused(t, []string{"TICKER_PUBLISH=" + spec}, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--history", "off")
		if code != 2 || !strings.Contains(stderr, complaint) {
			t.Errorf("%s: exit %d: %s", spec, code, stderr)
		}
	}
}
