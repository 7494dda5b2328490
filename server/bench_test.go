package server_test

import (
	"fmt"
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
