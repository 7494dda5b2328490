package server

import (
	"testing"

	"pgregory.net/rapid"
)

func TestStrainRisesByOneALookAndFallsWellBelowWhereItRose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before strain
		used   float64
		after  strain
	}{
		{calm, 0, calm},
		{calm, 0.89, calm},
		{calm, 0.90, refusing},
		{calm, 1.5, refusing},
		{refusing, 0.80, refusing},
		{refusing, 0.79, calm},
		{refusing, 0.96, refusing},
		{refusing, 0.97, shedding},
		{shedding, 0.90, shedding},
		{shedding, 0.89, refusing},
		{shedding, 0.79, calm},
	} {
		if got := c.before.next(c.used); got != c.after {
			t.Errorf("%d at %v becomes %d, want %d", c.before, c.used, got, c.after)
		}
	}
}

func TestNobodyIsShedBeforeNewSessionsWereRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := calm
		for _, used := range rapid.SliceOf(rapid.Float64Range(0, 2)).Draw(t, "used") {
			before := now
			if now = before.next(used); now == shedding && before == calm {
				t.Fatalf("from calm to shedding at %v", used)
			}
			if used >= refuseAbove && now == calm {
				t.Fatalf("calm at %v", used)
			}
			if used < reopenBelow && now != calm {
				t.Fatalf("%d at %v", now, used)
			}
		}
	})
}
