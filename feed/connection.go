package feed

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"ticker/market"
)

// excerptBytes is how much of a refused record is logged.
const excerptBytes = 120

// connection is the Sink of one run of the source.
type connection struct {
	line    *line
	feed    *Feed
	link    uint32
	end     context.CancelCauseFunc
	silence silence

	// What follows belongs to whoever may call the Sink.
	up        bool
	delivered bool
	garbage   garbage
	past      past
}

// run runs the source and turns a panic of it into an error.
func (c *connection) run(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Recovered(v)
		}
	}()
	return c.line.source.Run(ctx, c)
}

// watch ends the connection when the source falls silent. The book is told
// first: the source may take its time to return. The first update of a passive
// source may be marked with the rest, if it comes in that very instant.
func (c *connection) watch(ctx context.Context) {
	limit := c.silence.limit
	for left := limit; sleep(ctx, left); {
		if left = c.silence.left(c.feed.now()); left > 0 {
			continue
		}
		marked := c.line.markStale(market.Silent)
		if !c.line.passive {
			c.end(fmt.Errorf("%w for %s", ErrSilent, limit))
			return
		}
		if marked {
			c.line.log.Warn("feed silent", slog.Duration("limit", limit))
		}
		left = limit
	}
}

// hear notes that the source spoke.
func (c *connection) hear() time.Duration {
	now := c.feed.now()
	c.silence.hear(now)
	return now
}

// Connected implements Sink.
func (c *connection) Connected() {
	c.hear()
	c.connected()
}

func (c *connection) connected() {
	if c.up {
		return
	}
	c.up = true
	c.line.setUp(true)
	c.feed.count.connects.Inc()
	c.line.log.Info("feed connected", slog.Uint64("link", uint64(c.link)))
}

// Update implements Sink.
func (c *connection) Update(u *market.Update) {
	f, l := c.feed, c.line
	wall := time.Now()
	now := wall.Sub(f.began)
	if !c.delivered {
		c.delivered = true
		c.connected()
	}
	micros := l.recv.at(wall.UnixNano(), int64(now)) / 1000
	if market.Trusted(u.TS, micros) != u.TS {
		l.flagFuture(u, now)
	}
	u.Source, u.Link, u.At = l.id, c.link, wall
	stamp := u.Recv == 0
	if stamp {
		u.Recv = micros
	}
	outcome := f.book.Apply(u)
	if stamp {
		u.Recv = 0 // the source uses u again, and the next one has its own time
	}
	f.count.outcomes[outcome].Inc()
	c.garbage.note(false)
	c.judge(outcome, now)
}

// judge goes on with what became of an update. One that is late is no sign of life:
// what a source tells of the past says nothing of the present.
func (c *connection) judge(outcome market.Outcome, now time.Duration) {
	if c.past.note(outcome == market.Late, now) && !c.line.passive {
		c.end(fmt.Errorf("%w: %d updates in a row were older than what was told before", errStuck, c.past.records))
	}
	if outcome == market.Late {
		return
	}
	c.silence.hear(now)
	// Only after Apply: an update that slips in before the book is marked
	// stale is marked with the rest, one that slips in behind ends the outage.
	if c.line.stale.Load() {
		c.line.stale.Store(false)
	}
}

// Alive implements Sink.
func (c *connection) Alive() {
	c.hear()
	c.feed.count.skipped.Inc()
}

// Reject implements Sink.
func (c *connection) Reject(reason error, record []byte) {
	l, now := c.line, c.hear()
	why := refusalOf(reason)
	c.feed.count.refusals[why].Inc()
	if held, ok := l.refusals[why].take(now); ok {
		l.log.Warn("record refused", slog.String("reason", why.String()), slog.Any("error", reason),
			slog.String("record", excerpt(record, excerptBytes)), slog.Int("bytes", len(record)),
			slog.Int("held_back", held))
	}
	if c.garbage.note(true) && !l.passive {
		c.end(fmt.Errorf("%w: more than half of %d records refused, the last for: %w", errGarbage, garbageWindow, reason))
	}
}

func (l *line) flagFuture(u *market.Update, now time.Duration) {
	l.feed.count.future.Inc()
	if held, ok := l.future.take(now); ok {
		l.log.Warn("time at the source is far in the future", slog.String("symbol", string(u.Symbol)),
			slog.Int64("ts", u.TS), slog.Int("held_back", held))
	}
}
