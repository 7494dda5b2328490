package link_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"ticker/relay"
	"ticker/relay/internal/link"
)

// busy returns an intake whose receiver is told of each message before the next comes.
func busy(tb testing.TB) (take func()) {
	tb.Helper()
	i := link.NewIntake(slog.New(slog.DiscardHandler), link.NewMetrics(nil, "test"))
	received := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	var receiving sync.WaitGroup
	receiving.Go(func() {
		if err := i.Receive(ctx, func(relay.Message) { received <- struct{}{} }); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() {
		cancel()
		receiving.Wait()
	})
	for wish := i.Wish(); !wish.Hears(relay.Control); wish = i.Wish() {
		<-i.Wake()
	}
	body := make([]byte, 2000)
	return func() {
		i.Take(7, body)
		<-received
	}
}

func TestAMessagePassesWithoutAllocations(t *testing.T) {
	take := busy(t)
	if n := testing.AllocsPerRun(1000, take); n > 0 && !raceEnabled {
		t.Errorf("%v allocations a message, want none", n)
	}
}

// BenchmarkTake watches the way of one message from the connection to the receiver and
// back: it must stay a few switches between two goroutines, without a copy.
func BenchmarkTake(b *testing.B) {
	take := busy(b)
	b.ReportAllocs()
	for b.Loop() {
		take()
	}
}
