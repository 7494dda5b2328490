package peer

import (
	"context"
	"sync"
)

// Publish plays the market until ctx is done: every update, or with conflated
// each symbol's newest record once an interval, is passed to publish, which may
// keep record. The calls for one symbol come one at a time and in order. An error
// of publish ends it.
func (c *Config) Publish(ctx context.Context, conflated bool, publish func(symbol string, record []byte) error) error {
	playing, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	send := func(i int) (seq uint64) {
		record, seq := c.Market.Append(nil, i)
		if err := publish(c.Market.Symbol(i), record); err != nil {
			fail(err)
		}
		return seq
	}
	watch := func(i int) { send(i) }
	var newest sync.WaitGroup
	if conflated {
		watch = nil
		newest.Go(func() { c.sendNewest(playing, send) })
	}
	err := c.Market.Run(playing, watch)
	newest.Wait()
	if err == nil && ctx.Err() == nil {
		return context.Cause(playing)
	}
	return err
}

// sendNewest sends what has changed once an interval, a part of the symbols in
// each phase.
func (c *Config) sendNewest(ctx context.Context, send func(i int) (seq uint64)) {
	sent := make([]uint64, c.Market.Symbols())
	c.Plan.Run(ctx, func(_, phase int) {
		for i := phase; i < len(sent); i += c.Plan.Phases {
			if c.Market.News(i) > sent[i] {
				sent[i] = send(i)
			}
		}
	})
}
