package crowd

import (
	"context"
	"time"

	"ticker/bench"
)

// measure counts for as long as it is told, from now on. The faults of the tally
// are those since the reply before, so that none goes untold.
func (c *crowd) measure(ctx context.Context, length time.Duration) (*bench.Tally, error) {
	tally := &bench.Tally{Ages: bench.NewAges(), Freshest: bench.NewAges(), Served: make(map[uint64]int)}
	if c.slow(c.job.First) {
		tally.Slow = bench.NewAges()
	}
	start, processor := time.Now(), processorTime()
	c.board.begin()
	for passed := time.Duration(0); passed < length; {
		passed = min(passed+time.Second, length)
		if err := waitUntil(ctx, start.Add(passed)); err != nil {
			return nil, err
		}
		c.board.second(tally)
	}
	c.board.end(tally)
	tally.CPUMicros = (processorTime() - processor).Microseconds()
	tally.Faults = c.faults.take()
	return tally, nil
}

func waitUntil(ctx context.Context, moment time.Time) error {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
