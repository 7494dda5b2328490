package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"ticker/market"
)

// Book is what a Feed needs of the book that it fills.
type Book interface {
	// Source returns the number of the feed with this name.
	Source(name string) market.SourceID
	// Apply folds an update into the record of its symbol. It must not block.
	Apply(u *market.Update) market.Outcome
	// MarkStale turns the symbols of a source stale and returns how many.
	MarkStale(source market.SourceID, reason market.Reason) int
}

// Config says what a Feed is made of. Name, Source and Book are required.
type Config struct {
	// Name is the metric label and the `source` of the quotes: 1 to 32 of
	// a-z 0-9 _ -, beginning with a letter or digit. No two feeds share one.
	Name   string
	Source Source
	Book   Book
	// Silence is how long a source may go without being heard; 0 is no limit.
	Silence time.Duration
	Backoff Backoff
	// Logger gets one line for every change of a connection, and samples of
	// what is refused. It is called between two updates: its handler must not
	// block. Nil logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Random returns a number in [0, n) for the jitter; nil is math/rand/v2.
	Random func(n int64) int64
}

// Feed supervises one Source.
type Feed struct {
	name    string
	source  Source
	passive bool
	book    Book
	id      market.SourceID
	silence time.Duration
	retry   *retry
	log     *slog.Logger
	count   *counters
	began   time.Time // where monotonic readings are counted from

	connected atomic.Bool
	// stale says that the book was marked since the last update.
	stale atomic.Bool

	// What follows belongs to whoever may call the Sink.
	links    uint32
	recv     recvClock
	refusals [numRefusals]sampler
	future   sampler
}

// New builds a Feed and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Feed, error) {
	cfg.Backoff = cfg.Backoff.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure feed %q: %w", cfg.Name, err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	if cfg.Random == nil {
		cfg.Random = rand.Int64N
	}
	_, passive := cfg.Source.(Passive)
	return &Feed{
		name: cfg.Name, source: cfg.Source, passive: passive,
		book: cfg.Book, id: cfg.Book.Source(cfg.Name),
		silence: cfg.Silence, retry: newRetry(cfg.Backoff, cfg.Random),
		log: cfg.Logger.With("feed", cfg.Name), count: cfg.Metrics.of(cfg.Name),
		began: time.Now(),
	}, nil
}

func (c *Config) validate() error {
	switch {
	case !validName(c.Name):
		return errors.New("name must be 1 to 32 of a-z 0-9 _ -, beginning with a letter or digit")
	case c.Source == nil:
		return errors.New("no source")
	case c.Book == nil:
		return errors.New("no book")
	case c.Silence < 0:
		return errors.New("silence must not be negative")
	}
	return c.Backoff.validate()
}

func validName(name string) bool {
	if len(name) == 0 || len(name) > 32 || name[0] == '_' || name[0] == '-' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// Name returns the name of the feed.
func (f *Feed) Name() string { return f.name }

// Connected reports whether the source is connected now.
func (f *Feed) Connected() bool { return f.connected.Load() }

// Run keeps the source running until ctx is done and the source has returned,
// and then returns nil. It is called once.
func (f *Feed) Run(ctx context.Context) error {
	for {
		began := time.Now()
		delivered, err := f.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		why := endingOf(err)
		f.markStale(why.staleness())
		f.count.disconnects[why].Inc()
		f.retry.ended(time.Since(began), delivered)
		wait := f.retry.wait()
		f.logEnd(why, err, wait)
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// connect runs the source for one connection. It reports whether an update
// came, and why the connection ended.
func (f *Feed) connect(ctx context.Context) (delivered bool, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	f.links++
	c := &connection{feed: f, link: f.links, end: end}
	c.silence.limit = f.silence
	c.hear()
	var watch sync.WaitGroup
	if f.silence > 0 {
		watch.Go(func() { c.watch(ctx) })
	}
	err = c.run(ctx)
	end(nil)
	watch.Wait()
	f.setConnected(false)
	return c.delivered, verdict(err, context.Cause(ctx))
}

func (f *Feed) setConnected(connected bool) {
	f.connected.Store(connected)
	if connected {
		f.count.connected.Set(1)
	} else {
		f.count.connected.Set(0)
	}
}

// markStale marks the book once in an outage and reports whether it did now.
func (f *Feed) markStale(reason market.Reason) bool {
	if f.stale.Swap(true) {
		return false
	}
	f.book.MarkStale(f.id, reason)
	return true
}

// now reads the monotonic clock.
func (f *Feed) now() time.Duration { return time.Since(f.began) }

// sleep waits, and reports whether it was not interrupted.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
