package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// BenchmarkRequest watches what one request costs from its frame to the frame of
// its answer, over a real socket: above all what it allocates.
func BenchmarkRequest(b *testing.B) {
	r := overTCP(b, func(_ testing.TB, cfg *server.Config) {
		cfg.Limits.CommandsPerSecond, cfg.Limits.CommandBurst = 1<<30, 1<<30
	})
	c := r.connect(wire.JSON)
	request := frame(text, `{"type":"query","id":"1","resource":"session","params":{}}`)
	b.ReportAllocs()
	for b.Loop() {
		c.write(request)
		if _, _, err := c.readFrame(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReconnect watches what a client costs that comes back, as all of them
// do at once after a restart: the handshake, the welcome, the subscribe of 50
// symbols with the cursor that it had, and what it is sent then.
func BenchmarkReconnect(b *testing.B) {
	r := overTCP(b, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Handshakes = 1 << 20 })
	again := &wire.Subscribe{}
	for i := range 50 {
		symbol := market.Symbol(fmt.Sprintf("SYM%04d", i))
		r.quote(symbol, int64(i))
		again.Symbols = append(again.Symbols, string(symbol))
	}
	b.ReportAllocs()
	for b.Loop() {
		r.quote("SYM0000", int64(b.N)) // a resume brings what changed
		conn, err := r.dial()
		if err != nil {
			b.Fatal(err)
		}
		c, _ := r.shakeOn(conn)
		if asWelcome(c.next()) == nil {
			b.Fatal("no welcome")
		}
		c.ask("s", again)
		c.result("s", &wire.Subscribed{})
		again.Since = c.quotes().Cursor
		if err := conn.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// remembered is a history that has its answers at hand.
type remembered struct {
	quotes  []market.Quote
	candles []market.Candle
}

func (r remembered) AsOf(context.Context, []string, int64) ([]market.Quote, error) {
	return r.quotes, nil
}

func (r remembered) Quotes(context.Context, *wire.HistoryQuery) ([]market.Quote, string, error) {
	return r.quotes, "bmV4dA", nil
}

func (r remembered) Candles(context.Context, *wire.CandlesQuery) ([]market.Candle, error) {
	return r.candles, nil
}

// BenchmarkPast watches what the server adds to a question about the past, from
// the request to the last byte of the answer, with a history that knows it
// already: a snapshot of 50 symbols, a page of 500 records, 500 candles.
func BenchmarkPast(b *testing.B) {
	for _, c := range []struct {
		name, target string
		records      int
	}{
		{"snapshot", "/v1/snapshot?symbols=SYM*&at=2026-11-20T14:30:00Z", 50},
		{"history", "/v1/history/SYM0001?from=1795185000000000&to=1795188600000000", 500},
		{"candles", "/v1/candles/SYM0001?step=1m", 500},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := overTCP(b, func(_ testing.TB, cfg *server.Config) {
				a := &archive{records: c.records, candles: c.records}
				cfg.History = remembered{a.quotes("SYM0001"), a.bars()}
			})
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+r.addr+c.target, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				resp, err := transport.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(resp.Status, err)
				}
				b.SetBytes(n)
			}
		})
	}
}
