package past

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/market"
)

const (
	// lateness is how far behind a book may be before its symbols turn stale: longer
	// than a store takes that is merely slow.
	lateness = 5 * time.Second
	// readAgain is how long a reader that failed is left alone, lookAgain the time
	// between two looks whether the history is complete up to further on.
	readAgain = time.Second
	lookAgain = 50 * time.Millisecond
	// longestNap is how long the clock is not looked at. It may be set.
	longestNap = time.Second
)

// errNotStored is why a book stands still though the history can be read.
var errNotStored = errors.New("samples wait to be stored")

// Book is what a Follower fills: a *book.Book that nobody else does.
type Book interface {
	// Source returns the number of a feed.
	Source(name string) market.SourceID
	// Apply folds an update into the record of its symbol.
	Apply(u *market.Update) market.Outcome
	// MarkStaleAt turns the symbols of a source stale, as of a time of acceptance, and
	// returns how many.
	MarkStaleAt(source market.SourceID, reason market.Reason, recv int64) int
}

// FollowConfig says what a Follower follows. Logger and Registerer may be left out.
type FollowConfig struct {
	// Delay is the age at which samples are applied.
	Delay  time.Duration
	Reader Reader
	// Stored returns a time of acceptance, in microseconds since the Unix epoch,
	// before which the Reader has all that it will ever have; 0 if that is not known.
	Stored func() int64
	Book   Book
	Logger *slog.Logger
	// Registerer takes the metrics, which have the delay for a label.
	Registerer prometheus.Registerer
}

func (c *FollowConfig) validate() error {
	switch {
	case c.Delay <= 0:
		return fmt.Errorf("delay %v is not above 0", c.Delay)
	case c.Reader == nil || c.Stored == nil || c.Book == nil:
		return errors.New("want a reader, what tells how far it is, and a book")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Logger = c.Logger.With(slog.Duration("delay", c.Delay))
	return nil
}

// Follower keeps a book as the market was a while ago.
type Follower struct {
	cfg   FollowConfig
	delay int64 // in microseconds, like all times here
	count followCounters
	// due is when what is applied next was accepted; 0 before Run.
	due atomic.Int64

	// The rest belongs to Run.

	began   int64
	windows reading
	sources map[string]market.SourceID // as many as history has feeds
	applied uint64
	// filled: the book shows how things stood at the place of windows. told: it was
	// said that it does not.
	filled, told bool
	update       market.Update // the one that is being applied
}

// NewFollower builds a Follower and starts nothing. The error names what is wrong with
// the configuration.
func NewFollower(cfg FollowConfig) (*Follower, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure follower: %w", err)
	}
	all, err := everything()
	if err != nil {
		return nil, fmt.Errorf("configure follower: %w", err)
	}
	f := &Follower{
		cfg: cfg, delay: cfg.Delay.Microseconds(), sources: make(map[string]market.SourceID),
		windows: reading{reader: cfg.Reader, symbols: all, width: firstWidth},
	}
	if f.count, err = newFollowCounters(&cfg, f.Lag); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return f, nil
}

// Lag returns how late the follower is: for how long the sample that it applies next,
// or looks for, has been due.
func (f *Follower) Lag() time.Duration {
	due := f.due.Load()
	if due == 0 {
		return 0
	}
	return max(0, time.Since(time.UnixMicro(due))-f.cfg.Delay)
}

// Run follows until ctx is done, and then returns nil. It is called once.
func (f *Follower) Run(ctx context.Context) error {
	f.began = time.Now().UnixMicro()
	f.windows.next = f.began - f.delay
	f.due.Store(f.windows.next)
	for {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		f.judge(err)
		if nap(ctx, readAgain) != nil {
			return nil
		}
	}
}

// follow applies window after window. The error is that of the reader, or of ctx.
func (f *Follower) follow(ctx context.Context) error {
	for {
		to, err := f.await(ctx)
		if err != nil {
			return err
		}
		if !f.filled {
			if err := f.fill(ctx); err != nil {
				return err
			}
		}
		w := f.windows.read(ctx, to)
		if w.err != nil {
			return w.err
		}
		if err := f.play(ctx, w); err != nil {
			return err
		}
	}
}

// await waits until something new may be read, and returns up to when. The half of the
// delay that is not read ahead is for samples that took their time on the way.
func (f *Follower) await(ctx context.Context) (to int64, err error) {
	for {
		to = min(f.cfg.Stored(), time.Now().UnixMicro()-f.delay/2)
		if f.windows.next < f.began { // where the next window has to begin
			to = min(to, f.began)
		}
		if to > f.windows.next {
			return to, nil
		}
		f.judge(errNotStored)
		if err := nap(ctx, lookAgain); err != nil {
			return 0, err
		}
	}
}

// judge has the symbols turn stale when the book is late, and says so, once.
func (f *Follower) judge(why error) {
	if f.told || f.Lag() < lateness {
		return
	}
	f.markStale()
	f.filled, f.told = false, true
	f.cfg.Logger.Warn("delayed quotes stand still", slog.Any("error", why))
}

// markStale turns all symbols stale, as of the place that the book has come to.
func (f *Follower) markStale() {
	for _, name := range slices.Sorted(maps.Keys(f.sources)) {
		f.cfg.Book.MarkStaleAt(f.sources[name], market.Disconnected, f.windows.next)
	}
}

// fill brings every symbol to its record, and status, before the next window.
func (f *Follower) fill(ctx context.Context) error {
	next := f.windows.next
	quotes, err := f.cfg.Reader.AsOf(ctx, f.windows.symbols, next-1)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	for i := range quotes {
		q := &quotes[i]
		if q.Recv < f.began && f.began <= next {
			q.Status, q.Reason = market.Stale, market.Disconnected
		}
		f.apply(q, nil)
	}
	f.filled, f.told = true, false
	f.cfg.Logger.Info("delayed quotes follow the history", slog.Int("symbols", len(quotes)), slog.Duration("late", f.Lag()))
	return nil
}

// play applies the samples of a window as they become due, and returns a while before
// the next window is.
func (f *Follower) play(ctx context.Context, w window) error {
	for i := range w.samples {
		sample := &w.samples[i]
		f.due.Store(sample.Recv)
		if err := f.wait(ctx, sample.Recv); err != nil {
			return err
		}
		f.apply(&sample.Quote, &sample.Bar)
	}
	f.due.Store(w.end)
	if w.end == f.began {
		if err := f.wait(ctx, w.end); err != nil {
			return err
		}
		f.markStale()
	}
	return f.wait(ctx, w.end-f.delay/4)
}

// apply applies a record as it was recorded.
func (f *Follower) apply(q *market.Quote, bar *market.Bar) {
	f.applied++
	source, known := f.sources[q.Source]
	if !known {
		source = f.cfg.Book.Source(q.Source)
		f.sources[q.Source] = source
	}
	f.update = updateOf(q, bar, f.applied)
	f.update.Source, f.update.Recv = source, q.Recv
	f.count[f.cfg.Book.Apply(&f.update)].Inc()
}

// wait returns when what was accepted at a time is due.
func (f *Follower) wait(ctx context.Context, recv int64) error {
	for {
		early := time.Duration(recv+f.delay-time.Now().UnixMicro()) * time.Microsecond
		if early <= 0 {
			return ctx.Err()
		}
		if err := nap(ctx, min(early, longestNap)); err != nil {
			return err
		}
	}
}

// nap waits. The error is that of ctx.
func nap(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
