package live

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// takeover is how long a connection may take to be opened and subscribed before
	// it is given up as a replacement.
	takeover = 30 * time.Second
	// takeoverRetry is how long to wait before another is tried.
	takeoverRetry = 10 * time.Second
	// overlap is how long the old connection is read on beside the new one: what
	// was on its way when the new one began comes on the old one only.
	overlap = time.Second
)

var errUnsettled = errors.New("it was not subscribed in time")

// socket is one connection of a line to an endpoint, and the one that takes over
// from it.
type socket struct {
	line     *line
	endpoint *Endpoint
}

// run keeps one connection to the endpoint and replaces it before its planned
// end. It returns why the connection ended that had no replacement.
func (k *socket) run(ctx context.Context) error {
	current, err := k.start(ctx, ctx)
	if err != nil {
		return err
	}
	k.line.opened()
	for {
		next, err := k.replace(ctx, current)
		if err == nil {
			pause(ctx, overlap)
		}
		current.end()
		if err != nil {
			return err
		}
		current = next
	}
}

// running is a session that runs.
type running struct {
	*session
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	ended  chan struct{} // closed when err says why it ended
	err    error
}

// start opens a session within a context, and runs it within another.
func (k *socket) start(opening, ctx context.Context) (*running, error) {
	s, err := k.line.open(opening, k.endpoint)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &running{session: s, cancel: cancel, ended: make(chan struct{})}
	r.tasks.Go(func() {
		defer close(r.ended)
		r.err = s.run(ctx)
	})
	return r, nil
}

// end ends a session and waits for it.
func (r *running) end() {
	r.cancel()
	r.tasks.Wait()
}

// replace waits until the connection is to be replaced, and returns the one that
// has taken over from it. The error is why the connection ended before that.
func (k *socket) replace(ctx context.Context, current *running) (*running, error) {
	expiry := time.NewTimer(k.lifetime())
	defer expiry.Stop()
	select {
	case <-current.ended:
		return nil, current.err
	case <-current.leaving:
	case <-expiry.C:
	}
	for {
		a := k.attempt(ctx)
		select {
		case <-current.ended:
			a.giveUp()
			return nil, current.err
		case <-a.done:
		}
		if a.err == nil {
			k.line.source.cfg.Count.Handover()
			k.line.log().Info("connection replaced before its end", slog.String("url", k.endpoint.place()))
			return a.next, nil
		}
		k.line.log().Warn("connection could not be replaced before its end", slog.Any("error", a.err),
			slog.Duration("next_try_in", takeoverRetry))
		select {
		case <-current.ended:
			return nil, current.err
		case <-time.After(takeoverRetry):
		}
	}
}

// lifetime returns how long a connection is kept: a bit less than the venue
// keeps it, so that not all lines are replaced at once.
func (k *socket) lifetime() time.Duration {
	limit := k.line.source.venue.Limits.Lifetime
	if limit == 0 {
		return 1<<63 - 1
	}
	return limit - time.Duration(rand.Int64N(int64(limit)/20+1))
}

// attempt is the making of a connection that is to take over.
type attempt struct {
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	done   chan struct{} // closed when next or err is set
	next   *running
	err    error
}

func (k *socket) attempt(ctx context.Context) *attempt {
	opening, cancel := context.WithTimeout(ctx, takeover)
	a := &attempt{cancel: cancel, done: make(chan struct{})}
	a.tasks.Go(func() {
		defer close(a.done)
		defer cancel()
		a.next, a.err = k.takeOver(ctx, opening)
	})
	return a
}

// takeOver opens a connection and waits until all is subscribed on it.
func (k *socket) takeOver(ctx, opening context.Context) (*running, error) {
	next, err := k.start(opening, ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-next.settled:
		return next, nil
	case <-next.ended:
		err = next.err
	case <-opening.Done():
		err = errUnsettled
	}
	next.end()
	return nil, err
}

// giveUp ends an attempt, and what came of it.
func (a *attempt) giveUp() {
	a.cancel()
	a.tasks.Wait()
	if a.next != nil {
		a.next.end()
	}
}
