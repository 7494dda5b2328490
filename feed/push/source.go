package push

import (
	"context"
	"errors"
	"sync"

	"ticker/feed"
	"ticker/market"
)

// Errors of publishing, besides the reasons of package feed.
var (
	// ErrUnavailable: the feed is not running, or ended half-way.
	ErrUnavailable = errors.New("the push feed is not running")
	// ErrForbidden: the publisher may not write the symbol.
	ErrForbidden = errors.New("not allowed to publish this symbol")
)

// Allow reports whether a publisher may write a symbol; nil allows all.
type Allow func(market.Symbol) bool

// Config bounds what one call of PublishBody does.
type Config struct {
	// Rejections is how many records of a body are refused before the rest of
	// it is left unread; 10,000 if 0.
	Rejections int
	// Tap takes each record, for a recording; nil for none.
	Tap feed.Tap
}

const defaultRejections = 10_000

// Source is a feed.Source into which quotes are published.
type Source struct {
	rejections int
	tap        feed.Tap
	batches    sync.Pool // of *batch
	ready      chan struct{}

	mu     sync.Mutex
	sink   feed.Sink // nil while the feed is not running
	opened bool      // ready is closed
}

var _ feed.Passive = (*Source)(nil)

// New builds a Source. The error names what is wrong with the configuration.
func New(cfg Config) (*Source, error) {
	if cfg.Rejections < 0 {
		return nil, errors.New("configure push: rejections must not be negative")
	}
	if cfg.Rejections == 0 {
		cfg.Rejections = defaultRejections
	}
	return &Source{
		rejections: cfg.Rejections, tap: cfg.Tap,
		batches: sync.Pool{New: func() any { return new(batch) }},
		ready:   make(chan struct{}),
	}, nil
}

// Passive implements feed.Passive.
func (*Source) Passive() {}

// Ready returns a channel that is closed once the source takes quotes.
func (s *Source) Ready() <-chan struct{} { return s.ready }

// Run implements feed.Source: it opens the source to publishers until ctx is
// done.
func (s *Source) Run(ctx context.Context, to feed.Sink) error {
	s.open(to)
	defer s.open(nil)
	<-ctx.Done()
	return context.Cause(ctx)
}

// open opens the source onto a sink, or closes it with nil. When it returns,
// no call of the sink before is still going on.
func (s *Source) open(to feed.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink = to
	if to == nil {
		return
	}
	to.Connected()
	if !s.opened {
		s.opened = true
		close(s.ready)
	}
}

// Publish reads one record, a JSON object, and hands it over. It returns an
// error that wraps feed.ErrMalformed, feed.ErrSymbol, feed.ErrValue or
// feed.ErrEmpty if the record is no quote, ErrForbidden, or ErrUnavailable.
// Code tells the code of the first five.
func (s *Source) Publish(record []byte, allow Allow) error {
	b := s.take()
	defer s.give(b)
	refusal := b.read(1, record, allow)
	if err := s.deliver(b); err != nil {
		return err
	}
	return refusal
}

// PublishBody reads the records of a body, as feed.SplitBody finds them, and
// hands them over. It returns how many were accepted, and which were refused,
// in order. The only error is ErrUnavailable: what is neither counted nor
// listed then did not reach the book.
func (s *Source) PublishBody(body []byte, allow Allow) (accepted int, rejected []Rejected, err error) {
	p := publication{source: s, batch: s.take(), allow: allow}
	defer s.give(p.batch)
	records, err := feed.SplitBody(body)
	if err != nil {
		p.batch.add(1, body).err = err
		err = p.flush()
	} else {
		err = p.publish(records)
	}
	return p.accepted, p.rejected, err
}

// deliver hands the entries of a batch to the sink.
func (s *Source) deliver(b *batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sink == nil {
		return ErrUnavailable
	}
	for i := range b.entries[:b.n] {
		e := &b.entries[i]
		if s.tap != nil {
			s.tap.Message(e.record)
		}
		switch {
		case e.err == nil:
			s.sink.Update(&e.update)
		case !errors.Is(e.err, ErrForbidden):
			s.sink.Reject(e.err, e.record)
		}
	}
	return nil
}

func (s *Source) take() *batch { return s.batches.Get().(*batch) }

func (s *Source) give(b *batch) {
	b.reset()
	s.batches.Put(b)
}
