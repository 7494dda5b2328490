package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/book"
)

// Defaults of a PublisherConfig that leaves them 0.
const (
	defaultEvery        = 50 * time.Millisecond
	defaultSendTimeout  = time.Second
	defaultFlushTimeout = 2 * time.Second
)

// Mandate is the right to speak as the leader, which a Candidate has or has not.
type Mandate interface {
	// Valid returns the term, and whether it lasts for sure at this moment.
	Valid() (term uint64, ok bool)
}

// PublisherConfig says what a Publisher is made of. Book, Outlet, Places and Mandate
// are required.
type PublisherConfig struct {
	// Book is the one that counts.
	Book   *book.Book
	Outlet Outlet
	// Places is told at which stamps rounds ended, and names the epoch.
	Places  *Places
	Mandate Mandate
	// Every is the time from one round to the next: 50 ms if 0.
	Every time.Duration
	// SendTimeout bounds one Send or Keep: 1 s if 0. FlushTimeout bounds what happens
	// after the end: 2 s if 0.
	SendTimeout, FlushTimeout time.Duration
	// Logger gets one line when an outage begins and one when it ends; nil logs nothing.
	Logger *slog.Logger
	// Registerer is where the metrics go; nil is nowhere.
	Registerer prometheus.Registerer
}

func (c *PublisherConfig) complete() error {
	switch {
	case c.Book == nil || c.Outlet == nil || c.Places == nil || c.Mandate == nil:
		return errors.New("a book, an outlet, places and a mandate are required")
	case c.Every < 0 || c.SendTimeout < 0 || c.FlushTimeout < 0:
		return errors.New("times must not be negative")
	}
	setDefault(&c.Every, defaultEvery)
	setDefault(&c.SendTimeout, defaultSendTimeout)
	setDefault(&c.FlushTimeout, defaultFlushTimeout)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Publisher sends the book of the leader to those who follow.
type Publisher struct {
	cfg    PublisherConfig
	log    *slog.Logger
	count  *publisherMetrics
	round  round
	store  store
	outage outage
}

// NewPublisher builds a Publisher and starts nothing. The error names what is wrong
// with the configuration.
func NewPublisher(cfg PublisherConfig) (*Publisher, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure relay publisher: %w", err)
	}
	p := &Publisher{
		cfg: cfg, log: cfg.Logger, count: newPublisherMetrics(cfg.Registerer),
		round: round{book: cfg.Book, limit: MaxMessage - maxRecord, out: make(map[*book.Cell]*outgoing)},
	}
	p.store.perRound = min(Partitions, int(Partitions*cfg.Every/time.Second)+1)
	return p, nil
}

// Run leads until ctx is done, then sends and keeps what the book still has, and
// returns nil. It is called once, while the mandate is valid: the term of that moment
// is the first of the reign.
func (p *Publisher) Run(ctx context.Context) error {
	p.round.open()
	defer p.round.close()
	p.count.leading.Set(1)
	defer p.count.leading.Set(0)
	clock := time.NewTicker(p.cfg.Every)
	defer clock.Stop()
	// A Send that is under way when ctx is done may end.
	sending := context.WithoutCancel(ctx)
	for {
		select {
		case <-ctx.Done():
			p.last(sending)
			return nil
		case partition := <-p.cfg.Outlet.Wanted():
			p.store.want(partition)
		case <-clock.C:
			p.lead(sending)
		}
	}
}

// lead makes a round, if the mandate is valid, and keeps the snapshots that are due.
func (p *Publisher) lead(ctx context.Context) {
	term, ok := p.cfg.Mandate.Valid()
	if !ok {
		p.count.rounds.WithLabelValues("suspended").Inc()
		return
	}
	if err := p.sendIn(ctx, term); err != nil {
		p.count.rounds.WithLabelValues("failed").Inc()
		if p.outage.begins(time.Now()) {
			p.log.Warn("relaying fails", slog.Any("error", err))
		}
		return
	}
	p.count.rounds.WithLabelValues("sent").Inc()
	if after, ended := p.outage.over(time.Now()); ended {
		p.log.Info("relaying again", slog.Duration("after", after))
	}
	if err := p.keepSome(ctx); err != nil {
		p.keepFailed(err)
	}
}

// sendIn makes a round in a term. At its beginning every snapshot is kept before the
// first tick, so that whoever hears a tick of this leader finds all that was before it.
func (p *Publisher) sendIn(ctx context.Context, term uint64) error {
	if term != p.round.term {
		p.round.begin(term, p.cfg.Places.Epoch())
		p.store.begin()
	}
	if p.store.missing() {
		if err := p.keepAll(ctx); err != nil {
			return err
		}
	}
	return p.send(ctx)
}

// send makes and sends what changed, and a tick.
func (p *Publisher) send(ctx context.Context) error {
	p.round.find()
	messages := p.round.write()
	ctx, cancel := context.WithTimeout(ctx, p.cfg.SendTimeout)
	defer cancel()
	if err := p.cfg.Outlet.Send(ctx, messages); err != nil {
		p.round.rollBack()
		return err
	}
	p.count.records.Add(float64(len(p.round.pending)))
	p.count.bytes.Add(float64(len(p.round.buf)))
	p.cfg.Places.Note(p.round.commit())
	return nil
}

// last makes the last round and keeps what changed since it was kept.
func (p *Publisher) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.FlushTimeout)
	defer cancel()
	term, ok := p.cfg.Mandate.Valid()
	if !ok {
		return // another node may lead
	}
	err := p.sendIn(ctx, term)
	if err == nil {
		err = p.keepAll(ctx)
	}
	if err != nil {
		p.log.Warn("final records were not relayed", slog.Any("error", err))
	}
}

// outage judges when to say that something fails: once, until it works again.
type outage struct {
	on    bool
	since time.Time
}

// begins reports whether a failure is the first.
func (o *outage) begins(now time.Time) bool {
	if o.on {
		return false
	}
	o.on, o.since = true, now
	return true
}

// over reports whether a success ends an outage, and how long it was.
func (o *outage) over(now time.Time) (time.Duration, bool) {
	if !o.on {
		return 0, false
	}
	o.on = false
	return now.Sub(o.since), true
}
