package sim

import (
	"fmt"
	"testing"

	"ticker/market"
)

// Watches what one simulated update costs its only goroutine, which bounds the
// rate: at 200 ns a market of 5,000,000 updates a second takes a whole core.
func BenchmarkNext(b *testing.B) {
	for _, symbols := range []int{500, MaxSymbols} {
		b.Run(fmt.Sprintf("symbols=%d", symbols), func(b *testing.B) {
			b.ReportAllocs()
			w := newWorld(Config{Symbols: symbols, Seed: 1})
			var u market.Update
			for b.Loop() {
				w.next(&u)
			}
		})
	}
}

// Watches what an update costs with its pace and its time, to a sink that does
// nothing.
func BenchmarkTurn(b *testing.B) {
	b.ReportAllocs()
	cfg := Config{Symbols: 500, Rate: MaxRate, Seed: 1}
	r := run{world: newWorld(cfg), to: deafSink{}, pace: pacer{rate: int64(cfg.Rate)}}
	r.open()
	for b.Loop() {
		r.world.next(&r.u)
		r.emit(r.pace.next())
		r.pace.send()
	}
}

type deafSink struct{}

func (deafSink) Connected()            {}
func (deafSink) Update(*market.Update) {}
func (deafSink) Alive()                {}
func (deafSink) Reject(error, []byte)  {}
