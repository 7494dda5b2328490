package server_test

import (
	"testing"

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
