package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/market"
)

// Defaults of a FollowerConfig that leaves them empty.
const (
	defaultName     = "relay"
	defaultPatience = 2 * time.Second
	defaultLinger   = 30 * time.Second
)

const (
	// maxQueue and maxQueueBytes bound the messages that wait for the book: 16
	// rounds of all partitions. One that finds no room is dropped, and shows as a gap.
	maxQueue      = 16 * Partitions
	maxQueueBytes = 64 << 20
	// glance is how often a follower looks at what time brings.
	glance = 50 * time.Millisecond
)

// ErrEnded reports that the follower runs no more.
var ErrEnded = errors.New("the follower has ended")

// Demand is what clients watch.
type Demand interface {
	// Watched returns the names and patterns that are watched now, and a channel that
	// is closed when that is no longer so.
	Watched() (entries []string, changed <-chan struct{})
}

// FollowerConfig says what a Follower is made of. Book, Inlet, Places, and one of
// Demand and All are required.
type FollowerConfig struct {
	// Book is filled, by nobody else while the Follower runs.
	Book  *book.Book
	Inlet Inlet
	// Places is told at which stamps the book was in step with which tick.
	Places *Places
	// Demand says what to follow; All follows everything.
	Demand Demand
	All    bool
	// Linger is how long a partition is followed after its last watcher left: 30 s if
	// 0. Patience is how long to wait for a tick before all is stale: 2 s if 0.
	Linger, Patience time.Duration
	// Name is what lines of the book are called that records come by: "relay" if
	// empty. Clients do not see it: records keep the name of their source.
	Name string
	// Logger gets a line when the stream ends and when it goes on; nil logs nothing.
	Logger *slog.Logger
	// Registerer is where the metrics go; nil is nowhere.
	Registerer prometheus.Registerer
}

func (c *FollowerConfig) complete() error {
	switch {
	case c.Book == nil || c.Inlet == nil || c.Places == nil:
		return errors.New("a book, an inlet and places are required")
	case c.Demand == nil && !c.All:
		return errors.New("nothing says what to follow")
	case c.Linger < 0 || c.Patience < 0:
		return errors.New("times must not be negative")
	}
	setDefault(&c.Linger, defaultLinger)
	setDefault(&c.Patience, defaultPatience)
	if c.Name == "" {
		c.Name = defaultName
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Follower fills a book from what a leader sends.
type Follower struct {
	cfg   FollowerConfig
	log   *slog.Logger
	count *followerMetrics
	start time.Time

	queue   chan Message
	queued  atomic.Int64 // bytes
	jobs    chan job
	results chan result
	reaches chan *reach
	ended   chan struct{}

	// What others ask for.

	term     atomic.Uint64
	tickedAt atomic.Int64 // since start
	hears    atomic.Bool  // ticks come in time
	// ready says that a partition is followed and loaded; touched is when it was asked
	// for last, since start.
	ready   [Partitions]atomic.Bool
	touched [Partitions]atomic.Int64

	// stream is what the one goroutine has that changes the book.
	stream stream
}

// NewFollower builds a Follower and starts nothing. The error names what is wrong
// with the configuration.
func NewFollower(cfg FollowerConfig) (*Follower, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure relay follower: %w", err)
	}
	f := &Follower{
		cfg: cfg, log: cfg.Logger, start: time.Now(),
		queue: make(chan Message, maxQueue),
		// A partition has one job at a time: neither channel is ever full.
		jobs: make(chan job, Partitions), results: make(chan result, Partitions),
		reaches: make(chan *reach), ended: make(chan struct{}),
	}
	f.count = newFollowerMetrics(cfg.Registerer, func() float64 { return f.tickAge().Seconds() })
	f.stream = newStream(f)
	return f, nil
}

// Run follows until ctx is done, and returns nil then, or the error with which the
// inlet ended before. It is called once.
func (f *Follower) Run(ctx context.Context) error {
	defer close(f.ended)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var failure error
	group.Go(func() {
		defer cancel()
		if err := f.cfg.Inlet.Receive(ctx, f.receive); err != nil && ctx.Err() == nil {
			failure = fmt.Errorf("receive from the relay: %w", err)
		}
	})
	for range loaders {
		group.Go(func() { f.load(ctx) })
	}
	f.loop(ctx)
	group.Wait()
	f.drain()
	f.hears.Store(false)
	return failure
}

// receive puts a message into the queue, if there is room.
func (f *Follower) receive(m Message) {
	if f.queued.Add(int64(len(m.Body))) <= maxQueueBytes {
		select {
		case f.queue <- Message{m.Channel, slices.Clone(m.Body)}:
			return
		default:
		}
	}
	f.queued.Add(-int64(len(m.Body)))
	f.count.dropped.WithLabelValues("full").Inc()
}

// loop is the goroutine that changes the book.
func (f *Follower) loop(ctx context.Context) {
	clock := time.NewTicker(glance)
	defer clock.Stop()
	f.stream.look(time.Now())
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-f.queue:
			f.take(m)
		case r := <-f.results:
			f.stream.loaded(&r)
		case r := <-f.reaches:
			f.stream.reach(r)
		case <-clock.C:
			f.stream.look(time.Now())
		}
	}
}

func (f *Follower) take(m Message) {
	f.queued.Add(-int64(len(m.Body)))
	f.stream.take(m)
}

// drain takes what has arrived: the last words of a leader whom this node follows in
// office.
func (f *Follower) drain() {
	for {
		select {
		case m := <-f.queue:
			f.take(m)
		default:
			return
		}
	}
}

// Line is the line of the book by which records come.
func (f *Follower) Line() market.SourceID { return f.stream.line }

// Term returns the highest term that was heard of.
func (f *Follower) Term() uint64 { return f.term.Load() }

func (f *Follower) tickAge() time.Duration {
	return time.Since(f.start) - time.Duration(f.tickedAt.Load())
}

// Ready returns nil while ticks come in time and, with All, everything was loaded.
// Otherwise the error says what is wrong.
func (f *Follower) Ready() error {
	if !f.hears.Load() {
		return fmt.Errorf("no tick of a leader for %v", f.tickAge().Round(time.Second))
	}
	if missing := f.missing(); f.cfg.All && missing > 0 {
		return fmt.Errorf("%d of %d partitions are not loaded", missing, Partitions)
	}
	return nil
}

// missing counts the partitions that are not loaded.
func (f *Follower) missing() (n int) {
	for i := range f.ready {
		if !f.ready[i].Load() {
			n++
		}
	}
	return n
}
