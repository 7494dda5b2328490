package pace_test

import (
	"math"
	"testing"
	"time"

	"ticker/feed/internal/pace"
)

func TestSpeedScalesTimeExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		speed    pace.Speed
		recorded time.Duration
		want     time.Duration
	}{
		{pace.Recorded, 90 * time.Second, 90 * time.Second},
		{60 * pace.Recorded, time.Hour, time.Minute},
		{pace.Recorded / 4, time.Minute, 4 * time.Minute},
		{3 * pace.Recorded, time.Second, 333_333_333},
		{pace.Recorded, 200 * 365 * 24 * time.Hour, 200 * 365 * 24 * time.Hour},
		{1, 200 * 365 * 24 * time.Hour, math.MaxInt64},
		{pace.Max - 1, time.Hour, 0},
		{pace.Recorded, -time.Second, 0},
	} {
		if got := c.speed.Played(c.recorded); got != c.want {
			t.Errorf("%s at %d is played in %s, want %s", c.recorded, c.speed, got, c.want)
		}
	}
}
