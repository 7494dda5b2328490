package venuetest

import (
	"testing"

	"ticker/book"
	"ticker/feed"
	"ticker/market"
)

// BenchApplied parses messages in turn, has a book apply what is in them, and
// reports messages per second. They differ, so that every update changes a record,
// and have one sequence or time, so that none is late; each holds one update.
func BenchApplied(b *testing.B, p feed.Parser, messages ...[]byte) {
	b.Helper()
	to := book.New(book.Config{MaxSymbols: 10})
	source := to.Line("bench")
	applied := 0
	apply := func(u *market.Update) {
		u.Source, u.Link = source, 1
		if to.Apply(u) == market.Accepted {
			applied++
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := p.Parse(messages[i%len(messages)], apply); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	if applied != i {
		b.Errorf("%d of %d messages were applied", applied, i)
	}
}
