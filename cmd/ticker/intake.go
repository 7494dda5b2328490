package main

import (
	"context"
	"time"

	"ticker/market"
)

const (
	// discardEvery is how often a standby throws away what it does not record.
	discardEvery = time.Second
	// hearWait is how long a start waits for a word of the leader, and hearLook is how
	// often it looks.
	hearWait = 2 * time.Second
	hearLook = 20 * time.Millisecond
)

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
	err := s.node.run(ctx)
	s.discarding.stop() // not deferred: a panic of the book may have left a lock that this waits for
	return err
}

// awaitQuotes waits, for a while, until the service has what its first clients need: a
// place for what they push, or a word of the leader, which says what cursors mean.
func (s *service) awaitQuotes(ctx context.Context) {
	if s.node == nil {
		s.feeds.await(ctx)
		return
	}
	patience, cancel := context.WithTimeout(ctx, hearWait)
	defer cancel()
	look := time.NewTicker(hearLook)
	defer look.Stop()
	for s.node.Trouble() != "" {
		select {
		case <-patience.Done():
			return
		case <-look.C:
		}
	}
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
