package fanout

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
	"ticker/market"
	"ticker/throttle"
	"ticker/wire"
)

// safePeriod is how often the hub advances the stamp that cursors are made of.
// A cursor is at most this much older than what its frame shows.
const safePeriod = 50 * time.Millisecond

// wideLane is from how many slots on looking at each is dear: a flush rather asks
// the book which cells changed, which takes as long as looking at a few hundred.
const wideLane = 1024

// Config says how a Hub is made.
type Config struct {
	Book      *book.Book
	Intervals throttle.Intervals
	// Heartbeat is the time between two signs of life to a client.
	Heartbeat time.Duration
	// MaxSymbols is the most names and patterns of one session.
	MaxSymbols int
	// Audience is told what sessions watch; nil tells nobody.
	Audience Audience
	// Places tells what cursors name; nil takes the book for the only one, and names
	// its stamps.
	Places Places
	// Workers is how many goroutines flush; the number of processors if 0.
	Workers    int
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Beside is a hub whose metrics and load count for this one too; nil has this one
	// make and register its own.
	Beside *Hub
}

// Audience keeps the account of what is watched. An entry is a name or a pattern;
// it has one watcher for each session that subscribed to it. Calls come with a
// session's lock held and must not block.
type Audience interface {
	Watch(entry string)
	Leave(entry string)
}

// nobody wants to know.
type nobody struct{}

func (nobody) Watch(string) {}
func (nobody) Leave(string) {}

// Hub runs the flushes of all sessions.
type Hub struct {
	cfg     Config
	book    *book.Book
	places  Places
	log     *slog.Logger
	start   time.Time
	ready   *ready
	wheel   *wheel
	load    *load
	metrics *metrics
	writers sync.WaitGroup // of slow clients

	// frameBytes is maxFrameBytes, leastFrame and wide are the constants of their
	// names, less in tests.
	frameBytes, leastFrame, wide int

	lastCursor atomic.Pointer[cursorText]
	spares     sync.Pool // workers of those who flush out of turn
}

// Encode is what a book.Config needs to keep records as clients get them.
func Encode(codec uint8, dst []byte, q *market.Quote, set market.Fields, trades *market.Envelope) []byte {
	return wire.Codec(codec).AppendQuote(dst, q, set, trades)
}

// New makes a Hub and connects it with the book. It starts nothing.
func New(cfg Config) (*Hub, error) {
	if err := cfg.Intervals.Validate(); err != nil {
		return nil, fmt.Errorf("fanout interval: %w", err)
	}
	if cfg.Heartbeat < time.Second {
		return nil, fmt.Errorf("heartbeat %v is below 1s", cfg.Heartbeat)
	}
	if cfg.MaxSymbols < 1 {
		return nil, fmt.Errorf("symbols of a session %d is below 1", cfg.MaxSymbols)
	}
	if cfg.Audience == nil {
		cfg.Audience = nobody{}
	}
	if cfg.Places == nil {
		cfg.Places = ownPlaces{cfg.Book}
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	h := &Hub{
		cfg:    cfg,
		book:   cfg.Book,
		places: cfg.Places,
		log:    cfg.Logger,
		start:  time.Now(),
		load:   &load{},
		ready:  newReady(cfg.Workers),

		frameBytes: maxFrameBytes, leastFrame: leastFrame, wide: wideLane,
	}
	if err := h.makeMetrics(); err != nil {
		return nil, err
	}
	clock := &worker{hub: h, ages: h.agesOf(cfg.Workers)}
	h.wheel = newWheel(h.now, h.load, clock.due)
	h.book.Notify(func(f book.Fired) { h.ready.fire(f) })
	return h, nil
}

func (h *Hub) makeMetrics() error {
	if b := h.cfg.Beside; b != nil {
		h.start, h.load, h.metrics = b.start, b.load, b.metrics
		return nil
	}
	h.metrics = newMetrics(h.cfg.Workers+1, h.load)
	if err := h.cfg.Registerer.Register(h.metrics); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}

// agesOf returns where a worker counts ages: a place of its own, but for those of hubs
// that share metrics.
func (h *Hub) agesOf(worker int) *ages { return &h.metrics.ages[worker%len(h.metrics.ages)] }

// spare returns a worker for a flush outside of the pool: the answer to a
// subscribe, or the writer of a slow client.
func (h *Hub) spare() *worker {
	if w, ok := h.spares.Get().(*worker); ok {
		return w
	}
	return &worker{hub: h, ages: &h.metrics.ages[0]}
}

func (h *Hub) giveBack(w *worker) { h.spares.Put(w) }

// now is the time that paces count in; it never goes back.
func (h *Hub) now() time.Duration { return time.Since(h.start) }

// Run flushes until ctx is done. Sessions should be closed before: a write to
// a slow client ends with its connection, and Run waits for it.
func (h *Hub) Run(ctx context.Context) error {
	var group sync.WaitGroup
	for i := range h.cfg.Workers {
		w := &worker{hub: h, ages: h.agesOf(i)}
		group.Go(w.loop)
	}
	group.Go(func() { h.wheel.run(ctx) })
	group.Go(func() { h.advance(ctx) })
	<-ctx.Done()
	h.ready.close()
	group.Wait()
	h.writers.Wait()
	return nil
}

// advance keeps the safe stamp near the newest.
func (h *Hub) advance(ctx context.Context) {
	tick := time.NewTicker(safePeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.book.AdvanceSafe()
		}
	}
}
