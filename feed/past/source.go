package past

import (
	"context"
	"fmt"
	"time"

	"ticker/feed"
	"ticker/feed/internal/pace"
	"ticker/market"
)

// Reader is what a Source needs of a history. Times are microseconds since the
// Unix epoch.
type Reader interface {
	// AsOf returns the newest record at or before a time of every symbol that one
	// of the patterns covers.
	AsOf(ctx context.Context, patterns []market.Pattern, at int64) ([]market.Quote, error)
	// Between returns the samples of those symbols from a time inclusive to a
	// time exclusive, in the order of their acceptance. It returns false if
	// there are more than most.
	Between(ctx context.Context, patterns []market.Pattern, from, to int64, most int) ([]market.Sample, bool, error)
}

// Source plays a session of the past. It is a feed.Source.
type Source struct {
	cfg Config

	begun  bool
	next   int64 // everything accepted before was played
	played uint64
	update market.Update // the one that is being handed on
}

var _ feed.Passive = (*Source)(nil)

// New builds a Source. The error names what is wrong with the configuration.
func New(cfg Config) (*Source, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure history feed: %w", err)
	}
	return &Source{cfg: cfg, next: cfg.From}, nil
}

// Passive implements feed.Passive: the past that is silent is not played from
// its beginning again for that.
func (s *Source) Passive() {}

// Run implements feed.Source: it plays the session and then waits for ctx.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	start := time.Now()
	if s.cfg.To == 0 {
		s.cfg.To = start.UnixMicro()
	}
	if err := s.begin(ctx, to); err != nil {
		return err
	}
	if err := s.play(ctx, to); err != nil {
		return err
	}
	s.cfg.Logger.Info("session of the past has ended", "updates", s.played, "elapsed", time.Since(start))
	<-ctx.Done()
	return context.Cause(ctx)
}

// begin plays the records that the session begins with, once.
func (s *Source) begin(ctx context.Context, to feed.Sink) error {
	quotes, err := s.cfg.Reader.AsOf(ctx, s.cfg.Symbols, s.next-1)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	to.Connected()
	if s.begun {
		return nil
	}
	s.begun = true
	for i := range quotes {
		s.emit(to, &quotes[i], nil)
	}
	return nil
}

// play plays window after window.
func (s *Source) play(ctx context.Context, to feed.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	windows := s.readAhead(ctx)
	defer func() {
		cancel()
		for range windows { // what was read ahead is given up
		}
	}()
	clock := pace.Pace{Speed: s.cfg.Speed}
	for w := range windows {
		if w.err != nil {
			return w.err
		}
		for i := range w.samples {
			sample := &w.samples[i]
			if err := clock.Wait(ctx, sample.Recv*1000); err != nil {
				return err
			}
			s.emit(to, &sample.Quote, &sample.Bar)
		}
		s.next = w.end
	}
	return ctx.Err()
}

// emit hands on one record, and the trades that it stands for.
func (s *Source) emit(to feed.Sink, q *market.Quote, bar *market.Bar) {
	s.played++
	u := &s.update
	*u = updateOf(q, bar, s.played)
	if s.cfg.Clock == pace.AsRecorded {
		u.Recv = q.Recv
	}
	to.Update(u)
}

// updateOf makes an update of a record, and of the trades that it stands for, nil for
// none. Samples are in order: a sequence of their own says so, whatever their times at
// the source.
func updateOf(q *market.Quote, bar *market.Bar, seq uint64) market.Update {
	u := market.Update{
		Symbol: q.Symbol, Values: q.Values, Set: q.Known.With(market.StatusField),
		Status: q.Status, Reason: q.Reason, TS: q.TS, Seq: seq,
	}
	if bar != nil && bar.Trades > 0 {
		u.Trades = bar
	}
	return u
}
