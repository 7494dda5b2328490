package publish

import (
	"context"
	"fmt"
	"testing"

	"ticker/market"
)

// takeAll is a sink that takes everything at once.
type takeAll struct{}

func (takeAll) Send(context.Context, []Record) error { return nil }
func (takeAll) Close()                               {}

// market of so many symbols, in a rig.
func crowded(tb testing.TB, symbols int) (*rig, []market.Symbol) {
	tb.Helper()
	r := newRig(tb, func(c *Config) { c.Sink = takeAll{} })
	names := make([]market.Symbol, symbols)
	for i := range names {
		names[i] = market.Symbol(fmt.Sprintf("SYM%05d", i))
		r.quote(names[i], 1)
	}
	return r, names
}

// Everything that a round does for records beyond the Send itself: an allocation
// for each would be paid for every symbol and interval.
func TestARoundAllocatesNothingForItsRecords(t *testing.T) {
	const changed = 200
	r, names := crowded(t, 1000)
	bid := int64(1)
	round := func() {
		bid++
		for _, name := range names[:changed] {
			r.quote(name, bid)
		}
		if err := r.send(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	round()
	// A context with its timer is made for the one Send.
	if got := testing.AllocsPerRun(100, round); got > 10 && !raceEnabled {
		t.Errorf("%v allocations in a round of %d records", got, changed)
	}
	if got := r.metric(t, "ticker_publish_records_total", "sent"); got < 100*changed {
		t.Errorf("%v records were sent", got)
	}
}

// BenchmarkRound shows a round that costs more than what changed: here a hundredth
// of the symbols.
func BenchmarkRound(b *testing.B) {
	r, names := crowded(b, 10_000)
	if err := r.send(b.Context()); err != nil {
		b.Fatal(err)
	}
	bid := int64(1)
	b.ReportAllocs()
	for b.Loop() {
		bid++
		for i := 0; i < len(names); i += 100 {
			r.quote(names[i], bid)
		}
		if err := r.send(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkQuietRound shows a round that costs something though nothing changed.
func BenchmarkQuietRound(b *testing.B) {
	r, _ := crowded(b, 10_000)
	if err := r.send(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.send(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
