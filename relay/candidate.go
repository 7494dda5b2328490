package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Defaults of a CandidateConfig that leaves them 0.
const (
	defaultTTL   = 3 * time.Second
	defaultRenew = time.Second
)

// ErrDeposed reports that another node has the lease that this one had. What this one
// counted since is not worth keeping: its process ends, and begins again as a standby.
var ErrDeposed = errors.New("another node leads now")

// CandidateConfig says what a Candidate is made of. Lease, Holder and Lead are
// required.
type CandidateConfig struct {
	Lease Lease
	// Holder names this node; no two may have the same name.
	Holder string
	// TTL is how long a lease lasts that is not renewed: 3 s if 0. Every is the time
	// between two tries to take or to renew it: 1 s if 0.
	TTL, Every time.Duration
	// Prepare is called before each try to take the lease, and returns nil when this
	// node knows all there is to know. Above is a term that the next has to be above.
	// Both may be nil.
	Prepare func(ctx context.Context) error
	Above   func() uint64
	// Lead is called once, with the first term. Its ctx is done when another node has
	// taken the lease, or Run is to end.
	Lead func(ctx context.Context, term uint64) error
	// Logger gets a line for each change; nil logs nothing.
	Logger *slog.Logger
}

func (c *CandidateConfig) complete() error {
	if c.Lease == nil || c.Holder == "" || c.Lead == nil {
		return errors.New("a lease, a holder and something to do are required")
	}
	setDefault(&c.TTL, defaultTTL)
	setDefault(&c.Every, defaultRenew)
	if c.Every < 0 || c.TTL < 2*c.Every {
		return errors.New("a lease must last for two renewals")
	}
	if c.Prepare == nil {
		c.Prepare = func(context.Context) error { return nil }
	}
	if c.Above == nil {
		c.Above = func() uint64 { return 0 }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Candidate competes for the lease, and holds it.
type Candidate struct {
	cfg CandidateConfig
	log *slog.Logger

	mu    sync.Mutex
	term  uint64
	until time.Time // this node has the lease for sure until then
}

// NewCandidate builds a Candidate and starts nothing. The error names what is wrong
// with the configuration.
func NewCandidate(cfg CandidateConfig) (*Candidate, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure relay candidate: %w", err)
	}
	return &Candidate{cfg: cfg, log: cfg.Logger.With("holder", cfg.Holder)}, nil
}

// Valid returns the term, and whether nobody else can have the lease at this moment.
// It implements Mandate.
func (c *Candidate) Valid() (term uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.term, time.Now().Before(c.until)
}

// extend notes that the lease of a term was taken or renewed by a call that began at
// a time. It ends for this node a sixth of its time before it ends for others.
func (c *Candidate) extend(term uint64, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.term, c.until = term, began.Add(c.cfg.TTL-c.cfg.TTL/6)
}

// end notes that the lease is somebody else's.
func (c *Candidate) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
}

// Run competes for the lease, leads, and gives the lease back. It returns nil when ctx
// is done, the error of Lead, or ErrDeposed. It is called once.
func (c *Candidate) Run(ctx context.Context) error {
	for {
		term, err := c.acquire(ctx)
		switch {
		case err == nil:
			return c.lead(ctx, term)
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, ErrHeld):
			c.log.Debug("the lease cannot be taken", slog.Any("error", err))
		}
		if !c.pause(ctx) {
			return nil
		}
	}
}

// acquire tries to take the lease once.
func (c *Candidate) acquire(ctx context.Context) (uint64, error) {
	if err := c.cfg.Prepare(ctx); err != nil {
		return 0, fmt.Errorf("prepare to lead: %w", err)
	}
	return c.take(ctx, c.cfg.Above())
}

// take takes the lease with a term above another.
func (c *Candidate) take(ctx context.Context, above uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Every)
	defer cancel()
	began := time.Now()
	term, err := c.cfg.Lease.Acquire(ctx, c.cfg.Holder, above, c.cfg.TTL)
	if err != nil {
		return 0, fmt.Errorf("acquire lease: %w", err)
	}
	if term > maxTerm {
		return 0, fmt.Errorf("acquire lease: term %d is above %d", term, maxTerm)
	}
	c.extend(term, began)
	return term, nil
}

// pause waits for a moment between half of Every and all of it, so that candidates do
// not try at the same time for ever. It returns false when ctx is done.
func (c *Candidate) pause(ctx context.Context) bool {
	timer := time.NewTimer(c.cfg.Every/2 + rand.N(c.cfg.Every/2+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// lead leads, and renews the lease until Lead has returned: its last words need it.
func (c *Candidate) lead(ctx context.Context, term uint64) error {
	c.log.Info("this node leads", slog.Uint64("term", term))
	leading, depose := context.WithCancel(ctx)
	defer depose()
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var group sync.WaitGroup
	var deposed error
	group.Go(func() {
		if deposed = c.keep(renewing); deposed != nil {
			c.log.Error("another node has taken the lease", slog.Uint64("term", term))
			depose()
		}
	})
	err := c.cfg.Lead(leading, term)
	stop()
	group.Wait()
	if deposed != nil {
		return deposed
	}
	c.release(context.WithoutCancel(ctx))
	return err
}

// keep renews the lease until ctx is done, and returns nil then. A lease that ended
// since the engine was away is taken anew if nobody else did. The error is ErrDeposed.
func (c *Candidate) keep(ctx context.Context) error {
	for c.pause(ctx) {
		switch err := c.renew(ctx); {
		case errors.Is(err, ErrDeposed):
			c.end()
			return err
		case err != nil && ctx.Err() == nil:
			c.log.Warn("the lease cannot be renewed", slog.Any("error", err))
		}
	}
	return nil
}

func (c *Candidate) renew(ctx context.Context) error {
	term, _ := c.Valid()
	timed, cancel := context.WithTimeout(ctx, c.cfg.Every)
	defer cancel()
	began := time.Now()
	err := c.cfg.Lease.Renew(timed, c.cfg.Holder, term, c.cfg.TTL)
	if err == nil {
		c.extend(term, began)
		return nil
	}
	if !errors.Is(err, ErrHeld) {
		return fmt.Errorf("renew lease: %w", err)
	}
	return c.retake(ctx, term)
}

// retake takes the lease anew that ended. A term that does not follow the last one
// may have had another between.
func (c *Candidate) retake(ctx context.Context, last uint64) error {
	c.end()
	term, err := c.take(ctx, last)
	switch {
	case errors.Is(err, ErrHeld):
		return ErrDeposed
	case err != nil:
		return err
	case term != last+1:
		c.release(context.WithoutCancel(ctx))
		return ErrDeposed
	}
	c.log.Warn("the lease had ended, and was taken again", slog.Uint64("term", term))
	return nil
}

// release gives the lease back, so that the next need not wait.
func (c *Candidate) release(ctx context.Context) {
	term, _ := c.Valid()
	c.end()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Every)
	defer cancel()
	if err := c.cfg.Lease.Release(ctx, c.cfg.Holder, term); err != nil {
		c.log.Warn("the lease cannot be given back", slog.Any("error", err))
	}
}
