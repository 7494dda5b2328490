package kafkatest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestRecordsOutliveARestartOnTheSamePort(t *testing.T) {
	t.Parallel()
	b := Start(t, 1)
	addr := b.Addr()
	b.Produce(t, "A:1", "B:2")
	b.Stop()
	b.Restart(t)
	b.Produce(t, "A:3")
	if got, want := b.Consume(t), []string{"A:1", "B:2", "A:3"}; !slices.Equal(got, want) {
		t.Errorf("records %q, want %q", got, want)
	}
	if now := b.ListenAddrs()[0]; now != addr {
		t.Errorf("it moved from %s to %s", addr, now)
	}
}

func TestABrokerThatIsPausedSaysNothing(t *testing.T) {
	t.Parallel()
	b := Start(t, 1)
	client := b.Client(t)
	if err := client.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("answer of a paused broker: %v", err)
	}
	b.Resume()
	if err := client.Ping(t.Context()); err != nil {
		t.Errorf("after Resume: %v", err)
	}
}
