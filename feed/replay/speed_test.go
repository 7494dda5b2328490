package replay

import (
	"fmt"
	"strings"
	"testing"

	"ticker/feed/internal/pace"
	"ticker/market"
)

// silent is a feed.Sink that counts and forgets.
type silent struct{ updates int }

func (s *silent) Connected()            {}
func (s *silent) Alive()                {}
func (s *silent) Update(*market.Update) { s.updates++ }
func (s *silent) Reject(error, []byte)  {}

const many = 10_000

// long returns a recording of many tickers of a few symbols.
func long(tb testing.TB, name string) string {
	tb.Helper()
	var b strings.Builder
	for i := range many {
		fmt.Fprintf(&b, `17000%05d.%06d: {"type":"ticker","sequence":%d,"product_id":"AB%d-USD","price":"10.%04d","best_bid":"9.99",`+
			`"best_bid_size":"3.5","best_ask":"10.01","best_ask_size":"0.25","side":"buy","time":"2023-11-14T22:13:21.%06dZ"}`+"\n", i, i, i, i%7, i, i)
	}
	return write(tb, name, b.String())
}

func newSilentPlayer(tb testing.TB, name string) (*player, *silent) {
	tb.Helper()
	s, err := New(Config{Paths: long(tb, name), Venue: "coinbase", Speed: pace.Max, Clock: pace.AsRecorded})
	if err != nil {
		tb.Fatal(err)
	}
	to := &silent{}
	return newPlayer(s, to), to
}

func TestPlayingAllocatesForFilesAndNotForLines(t *testing.T) {
	p, to := newSilentPlayer(t, "long.log")
	allocs := testing.AllocsPerRun(3, func() {
		if err := p.play(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > many/100 || to.updates != 4*many {
		t.Errorf("%v allocations a lap of %d lines, %d updates in 4 laps", allocs, many, to.updates)
	}
}

// BenchmarkPlay watches what a line costs between the file and the sink.
func BenchmarkPlay(b *testing.B) {
	for _, name := range []string{"plain.log", "compressed.log.gz"} {
		b.Run(name, func(b *testing.B) {
			p, _ := newSilentPlayer(b, name)
			b.ReportAllocs()
			for b.Loop() {
				if err := p.play(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*many/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
