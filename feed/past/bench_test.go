package past

import (
	"strconv"
	"testing"
	"time"

	"ticker/book"
	"ticker/market"
)

// BenchmarkCatchUp watches the rate at which a follower that is late applies what it has
// read, which bounds how long a plan stays late after an outage.
func BenchmarkCatchUp(b *testing.B) {
	w := window{end: 2}
	for i := range 1000 {
		s := sampleAt(market.Symbol("S"+strconv.Itoa(i)), int64(i), 1)
		s.Source = "sim"
		s.Bar.Trade(market.NewDecimal(1, 0), market.NewDecimal(1, 0))
		w.samples = append(w.samples, s)
	}
	f, err := NewFollower(FollowConfig{
		Delay: time.Second, Reader: &tape{}, Stored: func() int64 { return 0 }, Book: book.New(book.Config{}),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := f.play(b.Context(), w); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(w.samples))/b.Elapsed().Seconds(), "samples/s")
}
