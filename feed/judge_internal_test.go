package feed

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestJitterIsAnywhereBetweenZeroAndTheCeiling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bounds := Backoff{Min: time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "min"))}
		bounds.Max = bounds.Min + time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "over"))
		var ceiling int64
		r := newRetry(bounds, func(n int64) int64 {
			ceiling = n - 1
			return rapid.Int64Range(0, n-1).Draw(t, "jitter")
		})
		want := bounds.Min
		for range 70 {
			if wait := r.wait(); wait < 0 || wait > want || time.Duration(ceiling) != want {
				t.Fatalf("wait %s of %s, want up to %s", wait, time.Duration(ceiling), want)
			}
			if want = 2 * want; want > bounds.Max || want < 0 {
				want = bounds.Max
			}
		}
	})
}

func TestRecvNeverGoesBackAndComesBackToTheWallClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c recvClock
		wall := rapid.Int64Range(0, 1<<60).Draw(t, "wall")
		mono, last := int64(0), int64(0)
		for range 50 {
			elapsed := rapid.Int64Range(0, 1<<40).Draw(t, "elapsed")
			step := rapid.Int64Range(-1<<42, 1<<42).Draw(t, "step")
			mono += elapsed
			wall = max(wall+elapsed+step, 0)
			got := c.at(wall, mono)
			if got < last || got < wall {
				t.Fatalf("%d after %d with the wall clock at %d", got, last, wall)
			}
			last = got
		}
		// A clock that runs again is reached after twice the time it lagged.
		ahead := last - wall
		if got := c.at(wall+2*ahead+1, mono+2*ahead+1); got != wall+2*ahead+1 {
			t.Fatalf("%d, not the wall clock's %d", got, wall+2*ahead+1)
		}
	})
}

func TestRecvRunsAtHalfSpeedAfterTheWallClockWasSetBack(t *testing.T) {
	t.Parallel()
	const hour = int64(time.Hour)
	var c recvClock
	for _, step := range []struct{ wall, mono, want int64 }{
		{10 * hour, 0, 10 * hour},
		{11 * hour, hour, 11 * hour},
		{10 * hour, hour, 11 * hour}, // set back
		{11 * hour, 2 * hour, 11*hour + hour/2},
		{12 * hour, 3 * hour, 12 * hour},
		{20 * hour, 4 * hour, 20 * hour}, // set ahead
	} {
		if got := c.at(step.wall, step.mono); got != step.want {
			t.Errorf("at(%d, %d) = %d, want %d", step.wall, step.mono, got, step.want)
		}
	}
}

func TestSilenceIsJudgedFromTheLastTimeHeard(t *testing.T) {
	t.Parallel()
	s := silence{limit: 10}
	s.hear(100)
	for now, want := range map[time.Duration]time.Duration{100: 10, 109: 1, 110: 0, 200: -90} {
		if got := s.left(now); got != want {
			t.Errorf("left(%d) = %d, want %d", now, got, want)
		}
	}
}

func TestGarbageIsJudgedWindowByWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Bool(), 1, 4*garbageWindow).Draw(t, "refused")
		var g garbage
		for i, refused := range records {
			window, count := records[i-i%garbageWindow:i+1], 0
			for _, r := range window {
				if r {
					count++
				}
			}
			if got, want := g.note(refused), count > garbageWindow/2; got != want {
				t.Fatalf("note = %t after %d of %d refused in the window", got, count, len(window))
			}
		}
	})
}

func TestSamplerCountsWhatItHoldsBack(t *testing.T) {
	t.Parallel()
	var s sampler
	if held, ok := s.take(0); !ok || held != 0 {
		t.Errorf("the first: %d, %t", held, ok)
	}
	for _, now := range []time.Duration{0, 1, sampleEvery - 1} {
		if _, ok := s.take(now); ok {
			t.Errorf("another at %d", now)
		}
	}
	for now, want := range []int{3, 0} {
		if held, ok := s.take(time.Duration(now+1) * sampleEvery); !ok || held != want {
			t.Errorf("the next: %d held back, want %d, %t", held, want, ok)
		}
	}
}
