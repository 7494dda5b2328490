package coinbase

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/internal/live"
)

// BenchmarkConnection watches what a ticker costs on its whole way in: from a
// socket of this machine, whose writer shares the processors, to the book.
func BenchmarkConnection(b *testing.B) {
	bk := book.New(book.Config{MaxSymbols: 10})
	arrived := make(chan struct{})
	exchange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := (&websocket.Upgrader{WriteBufferSize: 64 << 10}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // The benchmark is over.
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
		flood(conn, b.N)
		<-arrived
	}))
	defer exchange.Close()
	lines, err := Live(live.Config{
		Symbols: []string{"BTC-USD"}, REST: "off", URL: "ws" + strings.TrimPrefix(exchange.URL, "http"),
	}, nil)
	if err != nil {
		b.Fatal(err)
	}
	f, err := feed.New(feed.Config{Name: "coinbase", Lines: lines, Book: bk})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	b.ReportAllocs()
	b.ResetTimer()
	go func() { done <- f.Run(ctx) }()
	for cell := bk.Find("BTC-USD"); cell == nil || cell.Seq() < uint64(b.N); cell = bk.Find("BTC-USD") {
		select {
		case err := <-done:
			b.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	close(arrived)
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// flood tells n tickers as fast as they are read, many in one write, as a kernel
// hands over what came while nobody looked.
func flood(conn *websocket.Conn, n int) {
	const format = `{"type":"ticker","sequence":%d,"product_id":"BTC-USD","price":"67187.99","open_24h":"66012.10","volume_24h":"8123.45678901",` +
		`"low_24h":"65890.00","high_24h":"67999.99","volume_30d":"312345.12345678","best_bid":"67187.98","best_bid_size":"0.51230000",` +
		`"best_ask":"67187.99","best_ask_size":"0.10000000","side":"buy","time":"2024-06-01T10:11:12.123456Z","trade_id":700000001,"last_size":"0.00012345"}`
	var frames, text []byte
	for i := 1; i <= n; i++ {
		text = fmt.Appendf(text[:0], format, i)
		frames = append(frames, 0x81, 126, byte(len(text)>>8), byte(len(text)))
		frames = append(frames, text...)
		if len(frames) > 64<<10 || i == n {
			if _, err := conn.NetConn().Write(frames); err != nil {
				return
			}
			frames = frames[:0]
		}
	}
}
