package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ticker/market"
)

// maxRetryAfter bounds how long an upstream can have us wait.
const maxRetryAfter = 10 * time.Minute

// line is one connection of a feed, made again whenever it ends.
type line struct {
	feed    *Feed
	source  Source
	passive bool
	number
	retry *retry
	log   *slog.Logger

	up bool
	// stale says that the book was marked since the last update.
	stale atomic.Bool

	// links, and what follows, belong to whoever may call the Sink.
	recv     recvClock
	refusals [numRefusals]sampler
	future   sampler
}

func (f *Feed) line(source Source) *line {
	_, passive := source.(Passive)
	l := &line{
		feed: f, source: source, passive: passive, number: f.number(),
		retry: newRetry(f.cfg.Backoff, f.cfg.Random), log: f.log,
	}
	if name, ok := source.(fmt.Stringer); ok {
		l.log = f.log.With("line", name.String())
	}
	return l
}

// run keeps the source running until ctx is done.
func (l *line) run(ctx context.Context) {
	defer func() { l.feed.release(l.number) }()
	for {
		began := time.Now()
		delivered, err := l.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		why := endingOf(err)
		l.markStale(why.staleness())
		l.feed.count.disconnects[why].Inc()
		l.retry.ended(time.Since(began), delivered)
		wait := max(l.retry.wait(), retryAfter(err))
		l.logEnd(why, err, wait)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// retryAfter returns how long the upstream asked us to stay away.
func retryAfter(err error) time.Duration {
	var asked interface{ RetryAfter() time.Duration }
	if !errors.As(err, &asked) {
		return 0
	}
	return min(asked.RetryAfter(), maxRetryAfter)
}

// connect runs the source for one connection. It reports whether an update
// came, and why the connection ended.
func (l *line) connect(ctx context.Context) (delivered bool, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	l.links++
	c := &connection{line: l, feed: l.feed, link: l.links, end: end}
	c.silence.limit = l.feed.cfg.Silence
	c.hear()
	var watch sync.WaitGroup
	if c.silence.limit > 0 {
		watch.Go(func() { c.watch(ctx) })
	}
	err = c.run(ctx)
	end(nil)
	watch.Wait()
	l.setUp(false)
	return c.delivered, verdict(err, context.Cause(ctx))
}

func (l *line) setUp(up bool) {
	if l.up == up {
		return
	}
	l.up = up
	if up {
		l.feed.shift(0, 1)
	} else {
		l.feed.shift(0, -1)
	}
}

// markStale marks the book once in an outage and reports whether it did now.
func (l *line) markStale(reason market.Reason) bool {
	if l.stale.Swap(true) {
		return false
	}
	l.feed.book.MarkStale(l.id, reason)
	return true
}
