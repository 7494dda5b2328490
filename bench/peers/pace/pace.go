package pace

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Plan says when to do what.
type Plan struct {
	// Interval is how often each phase is visited.
	Interval time.Duration
	// Phases is how many instants the interval is divided into, at least 1.
	Phases int
}

// Run visits every phase once an interval until ctx is done. There are as many
// workers as can run at the same time, numbered from 0 and below Workers.
func (p Plan) Run(ctx context.Context, visit func(worker, phase int)) {
	var workers sync.WaitGroup
	r := run{Plan: p, start: time.Now(), stride: p.Workers(), visit: visit}
	for w := range r.stride {
		workers.Go(func() { r.work(ctx, w) })
	}
	workers.Wait()
}

// Workers returns how many workers Run has.
func (p Plan) Workers() int { return min(runtime.GOMAXPROCS(0), p.Phases) }

// run is one run of a plan.
type run struct {
	Plan
	start  time.Time
	stride int // from a worker's phase to its next
	visit  func(worker, phase int)
}

func (r *run) work(ctx context.Context, worker int) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for round := time.Duration(0); ; round++ {
		for phase := worker; phase < r.Phases; phase += r.stride {
			late := time.Since(r.start) - round*r.Interval - r.offset(phase)
			if late >= r.Interval {
				round += late / r.Interval
			}
			timer.Reset(-late)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			r.visit(worker, phase)
		}
	}
}

// offset returns the place of a phase in the interval.
func (p Plan) offset(phase int) time.Duration {
	return p.Interval * time.Duration(phase) / time.Duration(p.Phases)
}
