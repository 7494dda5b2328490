package client

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// highest is a source of chance that always gives its greatest value.
func highest(n int64) int64 { return n - 1 }

func TestBackoffCeilingDoublesUpToTheHighest(t *testing.T) {
	t.Parallel()
	b := newBackoff(250*time.Millisecond, 2*time.Second, highest)
	for _, want := range []time.Duration{250, 500, 1000, 2000, 2000} {
		if got := b.next(0, 0); got != want*time.Millisecond {
			t.Errorf("waits %v, want %v", got, want*time.Millisecond)
		}
	}
}

func TestBackoffOnlyForgetsAfterALongConnection(t *testing.T) {
	t.Parallel()
	b := newBackoff(time.Second, 8*time.Second, highest)
	b.next(0, 0)
	b.next(0, 0)
	if got := b.next(8*time.Second-1, 0); got != 4*time.Second {
		t.Errorf("after a short connection waits %v, want 4s", got)
	}
	if got := b.next(8*time.Second, 0); got != time.Second {
		t.Errorf("after a long connection waits %v, want 1s", got)
	}
}

func TestBackoffKeepsARequestedWaitUpToTheHighest(t *testing.T) {
	t.Parallel()
	b := newBackoff(time.Second, 8*time.Second, highest)
	if got := b.next(0, 1700*time.Millisecond); got != 1700*time.Millisecond {
		t.Errorf("waits %v, want the 1.7s that were asked for", got)
	}
	if got := b.next(0, time.Hour); got != 8*time.Second {
		t.Errorf("waits %v, want 8s at most", got)
	}
	if got := b.next(0, 0); got != time.Second {
		t.Errorf("waits %v afterwards, want 1s as at first", got)
	}
}

func TestBackoffNeverLeavesItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low := time.Duration(rapid.Int64Range(1, 1<<62).Draw(t, "low"))
		high := time.Duration(rapid.Int64Range(int64(low), 1<<62).Draw(t, "high"))
		b := newBackoff(low, high, func(n int64) int64 { return rapid.Int64Range(0, n-1).Draw(t, "chance") })
		for range rapid.IntRange(1, 80).Draw(t, "failures") {
			lived := time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "lived"))
			asked := time.Duration(rapid.Int64().Draw(t, "asked"))
			if got := b.next(lived, asked); got < 0 || got > high {
				t.Fatalf("waits %v, bounds are 0 and %v", got, high)
			}
			if b.ceiling < low || b.ceiling > high {
				t.Fatalf("ceiling %v is not between %v and %v", b.ceiling, low, high)
			}
		}
	})
}
