package faults_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const connected = `ticker_feed_connected{feed="coinbase"}`

// exchange speaks Coinbase's protocol, as far as it wants to.
type exchange struct {
	*httptest.Server
	mu    sync.Mutex
	conns []*websocket.Conn // those that subscribed
}

func newExchange(t *testing.T) *exchange {
	t.Helper()
	return newExchangeBehind(t, func(l net.Listener) net.Listener { return l })
}

// newExchangeBehind opens an exchange that is reached through a door.
func newExchangeBehind(t *testing.T, door func(net.Listener) net.Listener) *exchange {
	t.Helper()
	e := &exchange{}
	var serving sync.WaitGroup
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Done()
		e.serve(w, r)
	}))
	e.Listener = door(e.Listener)
	e.Config.ErrorLog = log.New(io.Discard, "", 0) // who is turned away at a door is no news
	e.Start()
	t.Cleanup(func() {
		e.drop()
		e.CloseClientConnections()
		e.Close()
		serving.Wait()
	})
	return e
}

// spec leads a feed to an address that is, or leads to, the exchange.
func (e *exchange) spec(address string) string {
	return "coinbase:?rest=off&silence=3s&symbols=BTC-USD,ETH-USD&url=ws://" + address
}

func (e *exchange) addr() string { return strings.TrimPrefix(e.URL, "http://") }

func (e *exchange) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close() //nolint:errcheck // the other side may have been first
	for {
		var message struct {
			Products []string `json:"product_ids"`
		}
		if err := conn.ReadJSON(&message); err != nil {
			return
		}
		var channels []map[string]any
		for _, name := range []string{"ticker", "matches", "heartbeat"} {
			channels = append(channels, map[string]any{"name": name, "product_ids": message.Products})
		}
		answer, err := json.Marshal(map[string]any{"type": "subscriptions", "channels": channels})
		if err != nil {
			return
		}
		e.mu.Lock()
		err = conn.WriteMessage(websocket.TextMessage, answer)
		e.conns = append(e.conns, conn)
		e.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// tell sends a frame to everybody who subscribed, and returns to how many.
func (e *exchange) tell(kind int, text string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, conn := range e.conns {
		if conn.WriteMessage(kind, []byte(text)) == nil {
			n++
		}
	}
	return n
}

// quote tells the n-th quote of a product, which is also the n-th trade.
func (e *exchange) quote(product string, n int, at time.Time) int {
	return e.tell(websocket.TextMessage, fmt.Sprintf(
		`{"type":"ticker","sequence":%d,"product_id":%q,"price":"%d","best_bid":"%d","best_bid_size":"1","best_ask":"%d","best_ask_size":"1","time":%q,"trade_id":%d,"last_size":"1"}`,
		n, product, n, n, n+1, at.UTC().Format(time.RFC3339Nano), n))
}

func (e *exchange) drop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, conn := range e.conns {
		_ = conn.Close() // the other side may have been first
	}
	e.conns = nil
}

// venue is a program with a feed of an exchange, beside a push feed under load.
type venue struct {
	*stage
	exchange *exchange
}

// openVenue runs a program that reaches an exchange at an address.
func openVenue(t *testing.T, e *exchange, address string) *venue {
	t.Helper()
	config := "feeds: ['push:', '" + e.spec(address) + "']\nhistory: {every: 0s}\n"
	return &venue{open(t, setup{config: config}), e}
}

// reaches tells quotes until one has arrived as the record of a product.
func (v *venue) reaches(product string, n int) {
	v.t.Helper()
	await(v.t, fmt.Sprintf("quote %d of %s", n, product), func() bool {
		v.exchange.quote(product, n, time.Now())
		return v.holds(product, fmt.Sprintf(`"bid":%d,`, n)) && !v.holds(product, `"stale"`)
	})
}

// holds reports whether the record of a symbol has a text in it.
func (v *venue) holds(symbol, text string) bool {
	v.t.Helper()
	_, record := v.program.get("/v1/snapshot?symbols=" + symbol)
	return strings.Contains(record, text)
}

func (v *venue) counted(result string) float64 {
	return v.program.metrics()[fmt.Sprintf(`ticker_feed_updates_total{feed="coinbase",result=%q}`, result)]
}

// refusals are records of the exchange that were refused, by reason.
type refusals struct{ malformed, value, symbol float64 }

func (r refusals) sum() float64 { return r.malformed + r.value + r.symbol }

func (v *venue) refused() refusals {
	return refusals{v.counted("malformed"), v.counted("bad_value"), v.counted("bad_symbol")}
}

func TestNonsenseOfAnExchangeMovesNoPriceIsCountedAndHarmsNoOtherFeed(t *testing.T) {
	t.Parallel()
	e := newExchange(t)
	v := openVenue(t, e, e.addr())
	v.reaches("BTC-USD", 5)
	before := v.refused()
	const tick = `{"type":"ticker","sequence":9,"product_id":"BTC-USD","price":"9","best_bid":%s,"best_bid_size":%s,"best_ask":"10","best_ask_size":"1","time":"2026-01-02T03:04:05Z"}`
	bad := []string{
		fmt.Sprintf(tick, `"NaN"`, `"1"`), fmt.Sprintf(tick, `"1e400"`, `"1"`), fmt.Sprintf(tick, `"9"`, `"-1"`),
		strings.ReplaceAll(fmt.Sprintf(tick, `"9"`, `"1"`), "BTC-USD", strings.Repeat("B", 40)), `{"type":"ticker"`, "nonsense",
	}
	for _, text := range bad {
		if e.tell(websocket.TextMessage, text) == 0 {
			t.Fatalf("nobody hears %s", text)
		}
	}
	want := refusals{malformed: before.malformed + 2, value: before.value + 3, symbol: before.symbol + 1}
	await(t, "the nonsense is counted", func() bool { return v.refused().sum() >= want.sum() })
	if got := v.refused(); got != want {
		t.Errorf("refused were %+v, want %+v", got, want)
	}
	if !v.holds("BTC-USD", `"bid":5,`) {
		t.Error("nonsense moved a price")
	}
	v.reaches("BTC-USD", 10)

	// Nothing but garbage, in frames that a parser has no word for: the connection is
	// given up, and the next one is as good as the first.
	await(t, "the connection is given up", func() bool {
		for range 200 {
			e.tell(websocket.BinaryMessage, "\x00\xff\xfe")
		}
		return v.program.metrics()[`ticker_feed_connects_total{feed="coinbase"}`] > 1
	})
	e.forget()
	v.reaches("BTC-USD", 20)
	v.quiet()
	v.undisturbed()
}

// forget leaves those alone that were there so far.
func (e *exchange) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns = nil
}

func TestAClockThatIsOffByAYearMovesNoDeadlineAndNoHistory(t *testing.T) {
	t.Parallel()
	e := newExchange(t)
	v := openVenue(t, e, e.addr())
	const year = 365 * 24 * time.Hour
	for n, off := range []time.Duration{0, year, year, 0} {
		at := time.Now().Add(off)
		await(t, "a quote of another year", func() bool {
			e.quote("BTC-USD", 10*n+10, at)
			return v.holds("BTC-USD", fmt.Sprintf(`"bid":%d,`, 10*n+10))
		})
		if !v.holds("BTC-USD", fmt.Sprintf(`"ts":%d`, at.UnixMicro())) {
			t.Errorf("the time of the source is not as it was told, %d", at.UnixMicro())
		}
	}
	if n := v.program.metrics()[`ticker_feed_future_total{feed="coinbase"}`]; n < 2 {
		t.Errorf("%.0f updates were flagged as of the future", n)
	}
	await(t, "all four are in history by the time they came", func() bool {
		status, text := v.program.get(fmt.Sprintf("/v1/history/BTC-USD?from=0&to=%d", time.Now().UnixMicro()))
		return status == http.StatusOK && strings.Contains(text, `"bid":20,`) && strings.Contains(text, `"bid":40,`)
	})
	v.quiet()
	v.undisturbed()
}

func TestAnExchangeThatIsHalfOpenOrCutIsStaleAndComesBackByItself(t *testing.T) {
	t.Parallel()
	e := newExchange(t)
	line := between(t, e.addr())
	v := openVenue(t, e, line.addr)
	v.reaches("ETH-USD", 1)
	line.spoil("hole", "timeout", "down", `"timeout":0`)
	await(t, "the silence is told", func() bool { return v.holds("ETH-USD", `"reason":"silent"`) })
	v.quiet()
	line.cut()
	await(t, "the end is told", func() bool { return v.holds("ETH-USD", `"stale"`) && v.program.metrics()[connected] == 0 })
	v.quiet()
	e.forget()
	line.heal()
	v.reaches("ETH-USD", 2)
	line.cut()
	await(t, "the cut is told", func() bool { return v.holds("ETH-USD", `"reason":"disconnected"`) })
	v.quiet()
	e.forget()
	line.heal()
	v.reaches("ETH-USD", 3)
	v.undisturbed()
}
