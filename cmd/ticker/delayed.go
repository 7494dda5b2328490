package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/fanout"
	"ticker/feed/past"
	"ticker/history"
	"ticker/server"
)

// plan is the quotes of one delay: a book of their own, the hub of those who see it,
// and the follower that fills it with what history has.
type plan struct {
	delay    time.Duration
	view     server.View
	follower *past.Follower
}

// plans are the delayed plans of a service.
type plans []plan

// makePlans makes the delayed plans that are configured, beside the hub. Their sessions
// count in its metrics, and what they watch is subscribed upstream like anything else:
// it is recorded for them.
func (s *service) makePlans(hubs fanout.Config) error {
	hubs.Beside, hubs.Places = s.hub, nil
	for _, delay := range s.settings.auth.delays {
		p := plan{delay: delay}
		p.view.Book = book.New(book.Config{MaxSymbols: int(s.settings.limits.bookSymbols), Encode: fanout.Encode})
		hubs.Book = p.view.Book
		var err error
		if p.view.Hub, err = fanout.New(hubs); err != nil {
			return fmt.Errorf("make fan-out of delay %v: %w", delay, err)
		}
		p.view.History = answers{history.NewQueries(history.QueriesConfig{
			Store: s.archive.store, Every: s.settings.history.every, Delay: delay,
		})}
		p.follower, err = past.NewFollower(past.FollowConfig{
			Delay: delay, Reader: tapes{s.archive.store, s.archive.symbols}, Stored: s.archive.storedTo(delay),
			Book: p.view.Book, Logger: s.log, Registerer: s.registry,
		})
		if err != nil {
			return err
		}
		s.plans = append(s.plans, p)
	}
	return nil
}

// storedTo tells how far the history is complete, for a plan. A node that does not record
// cannot know: what is not there after half of the delay does not come any more.
func (a *archive) storedTo(delay time.Duration) func() int64 {
	if a.recorder != nil {
		return a.recorder.StoredTo
	}
	return func() int64 { return time.Now().Add(-delay / 2).UnixMicro() }
}

// views returns what a server shows of the plans.
func (p plans) views() map[time.Duration]server.View {
	views := make(map[time.Duration]server.View)
	for _, plan := range p {
		views[plan.delay] = plan.view
	}
	return views
}

// run runs the plans until ctx is done.
func (p plans) run(ctx context.Context) error {
	var group errgroup.Group
	for _, plan := range p {
		group.Go(func() error { return plan.view.Hub.Run(ctx) })
		group.Go(func() error { return plan.follower.Run(ctx) })
	}
	return group.Wait()
}
