package fanout

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSlowClientsGetWhatTheyTakeInAnInterval(t *testing.T) {
	t.Parallel()
	const interval = 100 * time.Millisecond
	var a allowance
	expect := func(want int) {
		t.Helper()
		if got := a.limit(maxFrameBytes); got != want {
			t.Fatalf("limit %d, want %d", got, want)
		}
	}
	expect(maxFrameBytes)
	a.took(200_000, interval, interval, leastFrame) // in time
	a.passed(200_000)
	expect(maxFrameBytes)
	a.took(200_000, interval+interval/4, interval, leastFrame)
	expect(160_000)
	a.took(160_000, 10*interval, interval, leastFrame)
	expect(80_000)
	a.took(10_000, 10*interval, interval, leastFrame)
	expect(leastFrame)
	a.passed(leastFrame / 2) // too short to tell
	a.took(0, interval, interval, leastFrame)
	expect(leastFrame)
	a.passed(leastFrame)
	expect(leastFrame * 9 / 8)
	if got := a.limit(300); got != 300 {
		t.Errorf("limit %d of at most 300", got)
	}
	a.took(4000, interval/10, interval, leastFrame) // too short to tell
	expect(leastFrame * 9 / 8)
	for limit := leastFrame * 9 / 8; limit < maxFrameBytes; {
		a.took(limit, interval/2, interval, leastFrame)
		limit += limit / 2
		expect(min(limit, maxFrameBytes))
	}
	a.took(maxFrameBytes, interval/2, interval, leastFrame)
	expect(maxFrameBytes)
	a.passed(1)
	expect(maxFrameBytes)
}

func TestAllowanceIsNeverBelowTheLeast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var a allowance
		for range rapid.IntRange(1, 50).Draw(rt, "rounds") {
			bytes := rapid.IntRange(0, 64<<20).Draw(rt, "bytes")
			took := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "took"))
			interval := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(rt, "interval"))
			if rapid.Bool().Draw(rt, "blocked") {
				a.took(bytes, took, interval, leastFrame)
			} else {
				a.passed(bytes)
			}
			if got := a.limit(maxFrameBytes); got < leastFrame || got > maxFrameBytes {
				rt.Fatalf("limit %d", got)
			}
		}
	})
}
