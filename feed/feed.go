package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"ticker/market"
)

// Book is what a Feed needs of the book that it fills. A panic in a method ends
// the process, whatever goroutine it comes on.
type Book interface {
	// Line returns a new number for a connection of the feed with this name: what
	// order updates have, and what turns stale together, goes by the number.
	Line(name string) market.SourceID
	// Apply folds an update into the record of its symbol. It must not block.
	Apply(u *market.Update) market.Outcome
	// MarkStale turns the symbols of a source stale and returns how many.
	MarkStale(source market.SourceID, reason market.Reason) int
}

// Config says what a Feed is made of. Name, Book, and one of Source and Lines are
// required.
type Config struct {
	// Name is the metric label and the `source` of the quotes: 1 to 32 of
	// a-z 0-9 _ -, beginning with a letter or digit. No two feeds share one.
	Name   string
	Source Source
	Lines  Lines
	Book   Book
	// Silence is how long a connection may go without being heard; 0 is no limit.
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

// Feed supervises one upstream: one Source, or those of its Lines.
type Feed struct {
	cfg   Config
	book  guardedBook
	log   *slog.Logger
	count *counters
	began time.Time // where monotonic readings are counted from

	mu    sync.Mutex
	lines int      // that are to be up
	up    int      // that are
	free  []number // of lines that ended
}

// number is what the book knows a line by, and how many connections it had.
type number struct {
	id    market.SourceID
	links uint32
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
	book := guardedBook{feed: cfg.Name, book: cfg.Book}
	f := &Feed{
		cfg: cfg, book: book, log: cfg.Logger.With("feed", cfg.Name), count: cfg.Metrics.of(cfg.Name), began: time.Now(),
		free: []number{{id: book.Line(cfg.Name)}},
	}
	f.lines = 1 // that of the source, or what stands for lines until they are known
	return f, nil
}

func (c *Config) validate() error {
	switch {
	case !validName(c.Name):
		return errors.New("name must be 1 to 32 of a-z 0-9 _ -, beginning with a letter or digit")
	case (c.Source == nil) == (c.Lines == nil):
		return errors.New("want a source or lines, and not both")
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
func (f *Feed) Name() string { return f.cfg.Name }

// Connected reports whether every connection that the feed wants is there now.
func (f *Feed) Connected() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.up == f.lines
}

// Run keeps the upstream running until ctx is done and it has returned, and
// then returns nil. It is called once.
func (f *Feed) Run(ctx context.Context) error {
	if f.cfg.Source != nil {
		f.line(f.cfg.Source).run(ctx)
		return nil
	}
	err := f.cfg.Lines.Run(ctx, func(ctx context.Context, source Source) {
		f.shift(1, 0)
		defer f.shift(-1, 0)
		f.line(source).run(ctx)
	}, sync.OnceFunc(func() { f.shift(-1, 0) }))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// shift changes how many lines are wanted, and how many are up.
func (f *Feed) shift(lines, up int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines += lines
	f.up += up
	if f.up == f.lines {
		f.count.connected.Set(1)
	} else {
		f.count.connected.Set(0)
	}
}

// number returns a number for a line.
func (f *Feed) number() number {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := len(f.free) - 1
	if last < 0 {
		return number{id: f.book.Line(f.cfg.Name)}
	}
	n := f.free[last]
	f.free = f.free[:last]
	return n
}

// release takes the number of a line back. What the book holds under it is
// stale, or ended with the program; the next line goes on counting connections.
func (f *Feed) release(n number) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free = append(f.free, n)
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
