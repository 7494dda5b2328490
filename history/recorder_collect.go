package history

import (
	"context"
	"time"

	"ticker/market"
)

const (
	// pollEvery is how often the book is asked for what is due.
	pollEvery = 50 * time.Millisecond
	// batchRows and batchAge end a batch.
	batchRows = 5000
	batchAge  = 200 * time.Millisecond
)

// collector takes samples from the book and makes batches of them.
type collector struct {
	book    Book
	backlog *backlog
	samples []market.Sample // reused
	lost    uint64          // by the book, as far as it was counted
	open    *batch          // what is being filled, or nil
	began   time.Time       // when its first sample came
}

func newCollector(book Book, backlog *backlog) *collector {
	return &collector{book: book, backlog: backlog}
}

// run collects until ctx is done, and then everything that is left.
func (c *collector) run(ctx context.Context) {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			c.collect(time.Now(), true)
			c.form(time.Now())
			return
		case <-poll.C:
			now := time.Now()
			if c.backlog.makeRoom(now) {
				c.collect(now, false)
				c.backlog.reached(c.book.Sampled(), c.open != nil)
			}
			// What was due right after a poll was one poll late.
			if c.open != nil && now.Sub(c.began) >= batchAge-pollEvery {
				c.form(now)
			}
		}
	}
}

// collect takes what is due.
func (c *collector) collect(now time.Time, all bool) {
	c.samples = c.book.Samples(c.samples[:0], all)
	lost := c.book.LostSamples()
	if len(c.samples) == 0 && lost == c.lost {
		return
	}
	c.backlog.collected(len(c.samples), lost-c.lost)
	c.lost = lost
	for rest := c.samples; len(rest) > 0; {
		if c.open == nil {
			c.open, c.began = c.backlog.blank(), now
			c.open.Epoch = c.book.Epoch()
		}
		n := min(len(rest), batchRows-len(c.open.Samples))
		c.open.Samples = append(c.open.Samples, rest[:n]...)
		if rest = rest[n:]; len(c.open.Samples) == batchRows {
			c.form(now)
		}
	}
	clear(c.samples) // which lets go of their texts
}

// form ends the batch that was being filled.
func (c *collector) form(now time.Time) {
	if c.open == nil {
		return
	}
	c.open.formed = now
	c.backlog.add(c.open)
	c.open = nil
}
