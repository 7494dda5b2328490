package live

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ticker/feed"
	"ticker/market"
)

// settle is how long a change of what is wanted waits for others: clients
// subscribe in crowds.
const settle = 20 * time.Millisecond

// Source is the upstream of one exchange. It is a feed.Lines.
type Source struct {
	venue  Venue
	cfg    Config
	log    *slog.Logger
	dials  *rate.Limiter
	http   http.Client
	retold *retold
}

var _ feed.Lines = (*Source)(nil)

// New builds a Source and starts nothing.
func New(v Venue, c Config) (*Source, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("configure %s: %w", v.Name, err)
	}
	v.Limits = v.Limits.withDefaults()
	fill(&c.Grace, defaultGrace)
	fill(&c.Max, defaultMax)
	if c.Silence != 0 {
		v.Limits.Silence = c.Silence
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Source{
		venue: v, cfg: c, log: c.Logger, dials: rate.NewLimiter(v.Limits.Dials, v.Limits.DialBurst), retold: newRetold(func() int64 { return time.Now().UnixMicro() }),
		// Questions are rare: no connection is kept for the next.
		http: http.Client{Transport: &http.Transport{
			DialContext: c.Dial, Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		}},
	}, nil
}

// Run implements feed.Lines: it keeps just those symbols subscribed that are
// wanted.
func (s *Source) Run(ctx context.Context, run func(context.Context, feed.Source), ready func()) error {
	var tasks sync.WaitGroup
	defer tasks.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listed := make(chan struct{}, 1)
	if s.venue.Listings != nil && s.venue.REST != "" {
		if err := s.learn(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("symbols of the exchange are not known, and asked for again: names are guessed, patterns match nothing",
				slog.Any("error", err))
			tasks.Go(func() { s.keepListing(ctx, listed) })
		}
	}
	d := newDealer(s, func(l *line) context.CancelFunc {
		ctx, cancel := context.WithCancel(ctx)
		tasks.Go(func() { run(ctx, l) })
		return cancel
	})
	for {
		entries, changed := s.watched()
		again := d.deal(entries, time.Now())
		ready()
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-changed:
			pause(ctx, settle)
		case <-listed:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// watched returns what is wanted, and a channel that is closed when that changes.
func (s *Source) watched() (entries []string, changed <-chan struct{}) {
	if len(s.cfg.Symbols) > 0 {
		return s.cfg.Symbols, nil
	}
	entries, changed = s.cfg.Demand.Watched()
	// Names first: a pattern that does not fit leaves room for them.
	slices.SortFunc(entries, byKindThenName)
	return entries, changed
}

func byKindThenName(a, b string) int {
	pa, pb := isPattern(a), isPattern(b)
	switch {
	case pa != pb && pa:
		return 1
	case pa != pb:
		return -1
	case a < b:
		return -1
	}
	return 1
}

func isPattern(entry string) bool { return entry[len(entry)-1] == '*' }

// pause waits, or less if ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// resolve returns the venue's names of what an entry stands for. A name that the
// venue does not have, and a pattern before its list is known, stand for nothing.
func (s *Source) resolve(entry string) map[market.Symbol]string {
	p, err := market.ParsePattern(entry)
	if err != nil {
		return nil
	}
	if p.Prefix() {
		return s.venue.Names.Matching(p)
	}
	native, ok := s.venue.Names.Native(market.Symbol(entry))
	if !ok {
		return nil
	}
	return map[market.Symbol]string{market.Symbol(entry): native}
}
