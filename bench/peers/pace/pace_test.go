package pace

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// visits notes when each phase is visited, in fake time.
type visits struct {
	mu      sync.Mutex
	start   time.Time
	at      map[int][]time.Duration
	workers map[int]map[int]bool // by phase
}

func (v *visits) note(worker, phase int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at[phase] = append(v.at[phase], time.Since(v.start))
	if v.workers[phase] == nil {
		v.workers[phase] = make(map[int]bool)
	}
	v.workers[phase][worker] = true
}

func newVisits() *visits {
	return &visits{start: time.Now(), at: make(map[int][]time.Duration), workers: make(map[int]map[int]bool)}
}

func TestEveryPhaseIsVisitedInItsPlaceOfEveryInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), 299*ms)
		defer cancel()
		v := newVisits()
		Plan{Interval: 100 * ms, Phases: 5}.Run(ctx, v.note)
		want := map[int][]time.Duration{
			0: {0, 100 * ms, 200 * ms},
			1: {20 * ms, 120 * ms, 220 * ms},
			2: {40 * ms, 140 * ms, 240 * ms},
			3: {60 * ms, 160 * ms, 260 * ms},
			4: {80 * ms, 180 * ms, 280 * ms},
		}
		if diff := cmp.Diff(want, v.at); diff != "" {
			t.Errorf("visits (-want +got):\n%s", diff)
		}
		for phase, workers := range v.workers {
			if len(workers) != 1 {
				t.Errorf("phase %d is visited by workers %v", phase, workers)
			}
		}
	})
}

func TestLateWorkerLeavesIntervalsOutAndDoesNotCatchUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), 699*ms)
		defer cancel()
		v := newVisits()
		Plan{Interval: 100 * ms, Phases: 1}.Run(ctx, func(worker, phase int) {
			v.note(worker, phase)
			switch len(v.at[phase]) {
			case 2:
				time.Sleep(250 * ms)
			case 4:
				time.Sleep(50 * ms)
			}
		})
		// The second visit lasts until 350: that of 300 comes late, 200 is left out.
		want := map[int][]time.Duration{0: {0, 100 * ms, 350 * ms, 400 * ms, 500 * ms, 600 * ms}}
		if diff := cmp.Diff(want, v.at); diff != "" {
			t.Errorf("visits (-want +got):\n%s", diff)
		}
	})
}

func TestMembersTakeTurnsAndLeaveOnce(t *testing.T) {
	t.Parallel()
	g := NewGroups[int](3)
	phases := make(map[int]int)
	for m := range 9 {
		phases[m] = g.Add(m)
	}
	served := func(phase int) (members []int) {
		g.Visit(phase, func(m int) bool {
			members = append(members, m)
			return m != 4
		})
		return members
	}
	for phase := range 3 {
		if members := served(phase); len(members) != 3 {
			t.Errorf("phase %d serves %v", phase, members)
		}
	}
	if g.Remove(phases[4], 4) {
		t.Error("the member that was served for the last time is still there")
	}
	if !g.Remove(phases[5], 5) || g.Remove(phases[5], 5) {
		t.Error("a member is to be removed once")
	}
	left := 0
	g.Clear(func(int) { left++ })
	if left != 7 {
		t.Errorf("%d were left", left)
	}
	for phase := range 3 {
		if members := served(phase); members != nil {
			t.Errorf("%v are still there", members)
		}
	}
}
