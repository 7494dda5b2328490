package publish

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ticker/book"
)

// Publisher hands the newest records of a book to one sink.
type Publisher struct {
	cfg    Config
	log    *slog.Logger
	count  counters
	read   reading
	most   int // records in one Send
	outage outage
}

// New builds a Publisher and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Publisher, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure publisher %q: %w", cfg.Name, err)
	}
	cfg.complete()
	return &Publisher{
		cfg: cfg, log: cfg.Logger, count: cfg.Metrics.of(cfg.Name),
		read:   reading{book: cfg.Book, patterns: cfg.Patterns, sent: make(map[*book.Cell]uint64)},
		most:   maxBatch,
		outage: outage{random: cfg.Random},
	}, nil
}

// Run publishes until ctx is done and the last round has ended, closes the sink,
// and returns nil. It is called once.
func (p *Publisher) Run(ctx context.Context) error {
	defer p.cfg.Sink.Close()
	defer p.count.connected.Set(0)
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	// The last round begins when ctx is done, and so does its time.
	release := context.AfterFunc(ctx, func() { time.AfterFunc(p.cfg.FlushTimeout, cancel) })
	defer release()
	for next := time.Duration(0); pause(ctx, next); {
		next = p.round(sending)
	}
	p.last(sending)
	return nil
}

// pause waits, and reports whether it was not interrupted.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// round hands over what changed, and returns how long to wait until the next.
func (p *Publisher) round(ctx context.Context) time.Duration {
	began := time.Now()
	if err := p.send(ctx); err != nil {
		return p.failed(err)
	}
	return max(0, p.cfg.Interval-time.Since(began))
}

// send hands over what changed since the sink had everything. After an error, what
// it acknowledged is not handed over again.
func (p *Publisher) send(ctx context.Context) error {
	stamp := p.read.begin()
	for cells := range slices.Chunk(p.read.cells, p.most) {
		if err := p.batch(ctx, cells); err != nil {
			return err
		}
	}
	p.read.done = stamp
	return nil
}

func (p *Publisher) batch(ctx context.Context, cells []*book.Cell) error {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.SendTimeout)
	defer cancel()
	records := p.read.encode(cells)
	if err := p.cfg.Sink.Send(ctx, records); err != nil {
		p.count.failed.Add(float64(len(records)))
		return err
	}
	p.count.sent.Add(float64(len(records)))
	p.count.conflated.Add(float64(p.read.commit(cells)))
	p.count.connected.Set(1)
	if p.outage.on() {
		p.log.Info("publishing again", slog.Duration("after", time.Since(p.outage.since)),
			slog.Int("failed_tries", p.outage.tries), slog.Int("records", len(p.read.cells)))
		p.outage.over()
	}
	return nil
}

// failed notes that the sink failed and returns how long to leave it alone.
func (p *Publisher) failed(err error) time.Duration {
	p.count.connected.Set(0)
	first := !p.outage.on()
	wait := max(p.cfg.Interval, p.outage.failed(time.Now()))
	if first {
		p.log.Warn("publishing fails", slog.Any("error", err), slog.Duration("next_try_in", wait))
	}
	return wait
}

// last makes the last round, and counts what it leaves.
func (p *Publisher) last(ctx context.Context) {
	if err := p.send(ctx); err != nil {
		p.log.Warn("final records were not published", slog.Any("error", err), slog.Int("records", p.read.pending()))
	}
}
