package history

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

// Defaults of a RecorderConfig that leaves them 0.
const (
	defaultSpoolBytes   = 1 << 30
	defaultFlushTimeout = 5 * time.Second
	defaultCallTimeout  = 10 * time.Second
)

// Book is what a Recorder needs of the book.
type Book interface {
	// Epoch names the life of the book.
	Epoch() string
	// Samples appends the samples that are due, with all those of the running
	// period too if all is true. It is cheap when nothing is due.
	Samples(dst []market.Sample, all bool) []market.Sample
	// Sampled returns a time of acceptance, in microseconds since the Unix epoch,
	// before which Samples has left out nothing; 0 if that is not known.
	Sampled() int64
	// LostSamples counts what the book could not keep until somebody came for it.
	LostSamples() uint64
}

// RecorderConfig says what a Recorder is made of. Store, Book and Spool are
// required.
type RecorderConfig struct {
	Store Writer
	Book  Book
	// Spool is the directory for what the store does not take in time. It is
	// made if it is not there, and belongs to one Recorder at a time.
	Spool string
	// SpoolBytes bounds it: 1 GiB if 0.
	SpoolBytes int64
	// Keep is how long the store keeps a day after its end; 0 is for ever. What
	// waits in the spool for a day more is given up.
	Keep time.Duration
	// FlushTimeout bounds what the store is given at the end: 5 s if 0.
	FlushTimeout time.Duration
	// CallTimeout bounds one call to the store, other than Maintain: 10 s if 0.
	CallTimeout time.Duration
	// Logger gets one line for every change for the worse or the better, and
	// one in half a minute for what goes on. Nil logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Random returns a number in [0, n) for the jitter; nil is math/rand/v2.
	Random func(n int64) int64
}

// Recorder takes samples from a book to a store.
type Recorder struct {
	cfg     RecorderConfig
	backlog *backlog
	storer  *storer
}

// NewRecorder builds a Recorder and starts nothing. The error names what is
// wrong with the configuration.
func NewRecorder(cfg RecorderConfig) (*Recorder, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure recorder: %w", err)
	}
	backlog := newBacklog(cfg.Metrics)
	return &Recorder{cfg: cfg, backlog: backlog, storer: newStorer(&cfg, backlog)}, nil
}

// complete checks the configuration and fills in what was left out.
func (c *RecorderConfig) complete() error {
	switch {
	case c.Store == nil:
		return errors.New("no store")
	case c.Book == nil:
		return errors.New("no book")
	case c.Spool == "":
		return errors.New("no directory for the spool")
	case c.SpoolBytes < 0, c.Keep < 0, c.FlushTimeout < 0, c.CallTimeout < 0:
		return errors.New("a bound must not be negative")
	}
	if c.SpoolBytes == 0 {
		c.SpoolBytes = defaultSpoolBytes
	}
	if c.FlushTimeout == 0 {
		c.FlushTimeout = defaultFlushTimeout
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = defaultCallTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if c.Random == nil {
		c.Random = rand.Int64N
	}
	return nil
}

// Opened is closed when the store was opened for the first time.
func (r *Recorder) Opened() <-chan struct{} { return r.storer.opened }

// Tried is closed when the first try to open the store is over, Opened before it
// if that succeeded.
func (r *Recorder) Tried() <-chan struct{} { return r.storer.tried }

// Trouble says why the store is not reachable now; it is empty when it is.
func (r *Recorder) Trouble() string { return *r.storer.trouble.Load() }

// StoredTo returns a time of acceptance, in microseconds since the Unix epoch, before
// which nothing waits to be stored any more; 0 while there is none. It stands still
// while samples wait on disk.
func (r *Recorder) StoredTo() int64 { return r.backlog.storedTo() }

// Left returns how many samples are lost so far, and how many wait for the store:
// when Run has returned, those that the spool has for the next one.
func (r *Recorder) Left() (lost, waiting uint64) {
	now := r.backlog.summary()
	return now.lost, now.backlog
}

// Run records until ctx is done. Then it takes everything that is left from the
// book, gives it to the store for at most FlushTimeout, spools the rest, and
// says in one log line what could not be saved. It returns nil, when all its
// goroutines have ended, and is called once.
func (r *Recorder) Run(ctx context.Context) error {
	flushing, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var keeping, storing, tending sync.WaitGroup
	keeper := newKeeper(&r.cfg, r.backlog)
	keeping.Go(keeper.run)
	storing.Go(func() { r.storer.run(flushing) })
	tending.Go(func() { r.maintain(ctx) })
	tending.Go(func() { r.report(ctx) })

	newCollector(r.cfg.Book, r.backlog).run(ctx)
	r.backlog.end()
	deadline := time.AfterFunc(r.cfg.FlushTimeout, giveUp)
	defer deadline.Stop()
	storing.Wait()
	r.backlog.close()
	keeping.Wait()
	tending.Wait()
	r.logEnd(ctx, keeper.unsaved)
	return nil
}
