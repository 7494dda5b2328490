package main

import (
	"context"
	"time"

	"ticker/market"
)

// discardEvery is how often a standby throws away what it does not record.
const discardEvery = time.Second

// takeIn fills the book until ctx is done: from feeds, or from the node that has them.
func (s *service) takeIn(ctx context.Context) error {
	switch {
	case s.node == nil:
		return s.feeds.run(ctx)
	case s.node.standby == nil:
		return s.node.run(ctx)
	}
	// Until this node leads, another one records.
	s.discarding = start(ctx, s.failed, s.discard)
	defer s.discarding.stop()
	return s.node.run(ctx)
}

// lead is what the service does when its node leads, until ctx is done. The recording
// goes on until the service ends.
func (s *service) lead(ctx context.Context) error {
	s.discarding.stop()
	s.remember(context.WithoutCancel(ctx))
	return s.feeds.run(ctx)
}

// remember starts the history, if there is one.
func (s *service) remember(ctx context.Context) {
	s.memory = s.archive.start(ctx, s.book, s.failed)
}

// discard throws away the samples of a book that nobody records, until ctx is done.
func (s *service) discard(ctx context.Context) error {
	tick := time.NewTicker(discardEvery)
	defer tick.Stop()
	var samples []market.Sample
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			samples = s.book.Samples(samples[:0], true)
			clear(samples)
		}
	}
}
