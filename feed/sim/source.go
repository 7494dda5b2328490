package sim

import (
	"context"
	"fmt"
	"time"

	"ticker/feed"
	"ticker/market"
)

const (
	// turn is the least time between two looks at what is due.
	turn = time.Millisecond
	// turnEvents is the most events between two looks at the context.
	turnEvents = 4096
)

// Source is a feed.Source that simulates a market.
type Source struct {
	cfg Config
}

var _ feed.Source = (*Source)(nil)

// New builds a Source. The error names what is wrong with the configuration.
func New(cfg Config) (*Source, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure sim: %w", err)
	}
	return &Source{cfg: cfg}, nil
}

// Run implements feed.Source: it plays the market from its beginning until ctx
// is done.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	r := run{world: newWorld(s.cfg), to: to, pace: pacer{rate: int64(s.cfg.Rate)}}
	r.open()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		timer.Reset(r.turn())
	}
}

// run is one run of a market.
type run struct {
	world *world
	to    feed.Sink
	u     market.Update

	pace  pacer
	began time.Time
	wall  int64 // wall clock at began in µs, by the latest look at it
}

// open starts the clock and emits the first record of every symbol.
func (r *run) open() {
	r.to.Connected()
	r.began = time.Now()
	r.wall = r.began.UnixMicro()
	for rank := range r.world.instruments {
		r.world.first(rank, &r.u)
		r.emit(0)
	}
}

// turn emits what is due and returns how long to wait for more.
func (r *run) turn() time.Duration {
	now := time.Now()
	elapsed := now.Sub(r.began)
	r.wall = max(r.wall, now.UnixMicro()-elapsed.Microseconds())
	due := r.pace.due(elapsed)
	for range min(due, turnEvents) {
		r.world.next(&r.u)
		r.emit(r.pace.next())
		r.pace.send()
	}
	if due > turnEvents {
		return 0
	}
	return max(turn, r.pace.next()-time.Since(r.began))
}

// emit hands over the update of the time since r.began.
func (r *run) emit(at time.Duration) {
	r.u.TS = r.wall + at.Microseconds()
	r.to.Update(&r.u)
}
