package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"ticker/market"
)

// storer gives batches to the store, the oldest first, one at a time.
type storer struct {
	store   Writer
	backlog *backlog
	timeout time.Duration // of a call
	dir     string        // of the spool
	log     *slog.Logger
	count   *Metrics

	opened  chan struct{}
	tried   chan struct{}
	trouble atomic.Pointer[string]
	refused refusals

	ready      bool // Open succeeded after the last failure
	asideFails bool // the last refused sample could not be set aside
	outage     outage
}

func newStorer(cfg *RecorderConfig, backlog *backlog) *storer {
	s := &storer{
		store: cfg.Store, backlog: backlog, timeout: cfg.CallTimeout, dir: cfg.Spool, log: cfg.Logger, count: cfg.Metrics,
		opened: make(chan struct{}), tried: make(chan struct{}), refused: refusals{path: refusedPath(cfg.Spool)}, outage: outage{random: cfg.Random},
	}
	s.setTrouble("not opened yet")
	return s
}

func (s *storer) setTrouble(why string) {
	s.trouble.Store(&why)
	up := 0.0
	if why == "" {
		up = 1
	}
	s.count.storeUp.Set(up)
}

// run stores until ctx is done, or until the backlog has ended and is empty, or
// has ended and can be left to the spool because the store fails.
func (s *storer) run(ctx context.Context) {
	for ctx.Err() == nil {
		if _, forever := s.backlog.empty(); forever {
			return
		}
		err := s.step(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if wait := s.failed(err); s.backlog.safe() || !s.pause(ctx, wait) {
			return
		}
	}
}

// step does the next thing: opens the store, gives it a batch, or waits for one.
func (s *storer) step(ctx context.Context) error {
	if !s.ready {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	if b := s.backlog.take(); b != nil {
		return s.give(ctx, b)
	}
	if now, _ := s.backlog.empty(); now {
		s.recovered() // there is nothing to prove it with
	}
	select {
	case <-ctx.Done():
	case <-s.backlog.toStorer:
	}
	return nil
}

func (s *storer) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.store.Open(ctx)
	defer closeOnce(s.tried)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	s.ready = true
	if closeOnce(s.opened) {
		s.log.Info("history store opened", slog.Uint64("backlog_rows", s.backlog.summary().backlog))
	}
	if !s.outage.on() {
		s.recovered()
	}
	return nil
}

// closeOnce closes a channel unless it is closed, and reports whether it did.
func closeOnce(c chan struct{}) bool {
	select {
	case <-c:
		return false
	default:
		close(c)
		return true
	}
}

// give gives a batch to the store. What the store can never keep is set aside.
func (s *storer) give(ctx context.Context, b *batch) error {
	var refused []*market.Sample
	if err := s.appendAll(ctx, b.Batch, &refused); err != nil {
		s.backlog.putBack(b)
		return err
	}
	if len(refused) > 0 {
		s.setAside(b.Epoch, refused)
	}
	s.backlog.settle(b, len(refused))
	s.recovered()
	return nil
}

// setAside keeps refused samples for people to read, and says so when it begins
// to fail.
func (s *storer) setAside(epoch string, refused []*market.Sample) {
	err := s.refused.add(epoch, refused)
	if err != nil && !s.asideFails {
		s.log.Error("refused samples cannot be set aside", slog.Int("rows", len(refused)), slog.Any("error", err))
	}
	s.asideFails = err != nil
}

// appendAll appends the samples of a batch, in halves where the store refuses one
// of them.
func (s *storer) appendAll(ctx context.Context, b Batch, refused *[]*market.Sample) error {
	err := s.append(ctx, &b)
	switch half := len(b.Samples) / 2; {
	case !errors.Is(err, ErrSample):
		return err
	case half == 0:
		*refused = append(*refused, &b.Samples[0])
		return nil
	default:
		if err := s.appendAll(ctx, Batch{b.Epoch, b.Samples[:half]}, refused); err != nil {
			return err
		}
		return s.appendAll(ctx, Batch{b.Epoch, b.Samples[half:]}, refused)
	}
}

func (s *storer) append(ctx context.Context, b *Batch) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	began := time.Now()
	err := s.store.Append(ctx, b)
	s.count.writeSeconds.Observe(time.Since(began).Seconds())
	if err != nil {
		return fmt.Errorf("append batch: %w", err)
	}
	return nil
}

// failed notes a failure and returns how long to leave the store alone.
func (s *storer) failed(err error) time.Duration {
	s.ready = false
	s.setTrouble(err.Error())
	first := !s.outage.on()
	wait := s.outage.failed(time.Now())
	if first {
		s.log.Warn("history store is unreachable", slog.Any("error", err),
			slog.String("samples_go_to", s.dir), slog.Duration("next_try_in", wait))
	}
	return wait
}

// recovered notes that the store works.
func (s *storer) recovered() {
	if s.outage.on() {
		s.log.Info("history store is back", slog.Duration("after", time.Since(s.outage.since)),
			slog.Int("tries", s.outage.tries), slog.Uint64("backlog_rows", s.backlog.summary().backlog))
		s.outage.over()
	}
	if *s.trouble.Load() != "" {
		s.setTrouble("")
	}
}

// pause waits. When the backlog ends meanwhile, what is left has one more try at
// once. It reports false if ctx is done.
func (s *storer) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	ended := s.backlog.ended
	select {
	case <-ended:
		ended = nil // it had that try
	default:
	}
	select {
	case <-timer.C:
	case <-ended:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

const (
	backoffMin = 100 * time.Millisecond
	backoffMax = 10 * time.Second
)

// outage judges how long a store that fails is left alone: a random time below a
// bound that doubles with every failure.
type outage struct {
	random func(n int64) int64 // in [0, n)
	since  time.Time           // zero if there is none
	tries  int
}

func (o *outage) on() bool { return o.tries > 0 }

func (o *outage) over() { *o = outage{random: o.random} }

func (o *outage) failed(now time.Time) time.Duration {
	if o.tries == 0 {
		o.since = now
	}
	bound := backoffMax
	if shift := o.tries; shift < 7 {
		bound = min(backoffMin<<shift, backoffMax)
	}
	o.tries++
	return time.Duration(o.random(int64(bound) + 1))
}
