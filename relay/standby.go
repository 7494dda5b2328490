package relay

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ticker/market"
)

// refreshTimeout bounds what a node that is about to lead spends on what was kept
// last.
const refreshTimeout = 2 * time.Second

var errYields = errors.New("another node may know more")

// StandbyConfig says what a Standby is made of.
type StandbyConfig struct {
	// Follower is one of everything, with FollowerConfig.All.
	Follower FollowerConfig
	// Candidate is that of this node; Prepare and Above are set here.
	Candidate CandidateConfig
}

// Standby follows everything, and leads when nobody else does. At no time does it do
// both.
type Standby struct {
	follower  *Follower
	candidate *Candidate
	// yields is how long after its start a node that heard no leader leaves the lease to
	// others.
	yields   time.Duration
	answers  time.Time          // since when the engine does, zero while it does not
	unfollow context.CancelFunc // ends the follower, once Run has begun
}

// NewStandby builds a Standby and starts nothing. The error names what is wrong with
// the configuration.
func NewStandby(cfg StandbyConfig) (*Standby, error) {
	if !cfg.Follower.All {
		return nil, errors.New("configure relay standby: it has to follow everything")
	}
	follower, err := NewFollower(cfg.Follower)
	if err != nil {
		return nil, err
	}
	s := &Standby{follower: follower}
	cfg.Candidate.Above = follower.Term
	cfg.Candidate.Prepare = s.prepare
	lead := cfg.Candidate.Lead
	cfg.Candidate.Lead = nil
	if lead != nil {
		cfg.Candidate.Lead = func(ctx context.Context, term uint64) error { return s.lead(ctx, term, lead) }
	}
	if s.candidate, err = NewCandidate(cfg.Candidate); err != nil {
		return nil, err
	}
	c := s.candidate.cfg
	s.yields = c.TTL + 2*c.Every
	return s, nil
}

// prepare returns nil when this node may lead: everything is loaded, and no other
// node is likely to know more. What is kept may be a second old, and a standby that
// heard the leader to the end has the rest: it takes the lease when that runs out. After
// an outage of the engine the leader, if it lives, has what it took meanwhile: it gets
// the time of a lease to take it anew.
func (s *Standby) prepare(ctx context.Context) error {
	f := s.follower
	if err := f.Reach(ctx, []string{"*"}); err != nil {
		return err
	}
	if err := s.ask(ctx); err != nil {
		return err
	}
	heard := f.tickedAt.Load() > 0
	switch {
	case f.Term() > 0 && !heard && time.Since(f.start) < s.yields,
		heard && time.Since(s.answers) < s.candidate.cfg.TTL:
		return errYields
	}
	return nil
}

// ask asks the engine for what it keeps, and returns nil when it answers. One that
// stands still must not be asked for the lease: it would grant it when it goes on, to a
// node that has given up waiting. What it answers does not matter.
func (s *Standby) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.candidate.cfg.Every)
	defer cancel()
	_, err := s.follower.cfg.Inlet.Load(ctx, 0)
	switch {
	case err != nil && !errors.Is(err, ErrNothing):
		s.answers = time.Time{}
		return err
	case s.answers.IsZero():
		s.answers = time.Now()
	}
	return nil
}

// Mandate is what the Publisher of this node needs.
func (s *Standby) Mandate() Mandate { return s.candidate }

// Follower is the one that fills the book until this node leads.
func (s *Standby) Follower() *Follower { return s.follower }

// Run follows, leads when the lease is free, and returns when ctx is done, or what it
// leads with ends, or another node has taken the lease: then with ErrDeposed. It is
// called once.
func (s *Standby) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()
	s.unfollow = unfollow
	var group sync.WaitGroup
	var failure error
	group.Go(func() {
		if failure = s.follower.Run(following); failure != nil {
			cancel()
		}
	})
	err := s.candidate.Run(ctx)
	cancel()
	group.Wait()
	return errors.Join(err, failure)
}

// lead takes over: it loads what the leader before kept last, ends the follower, and
// marks everything stale, as after a restart: no feed of this node has spoken yet.
func (s *Standby) lead(ctx context.Context, term uint64, next func(context.Context, uint64) error) error {
	refreshing, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	f := s.follower
	if err := f.refresh(refreshing); err != nil {
		f.log.Warn("the newest snapshots were not loaded", slog.Any("error", err))
	}
	s.unfollow()
	<-f.ended
	if ctx.Err() != nil {
		return nil
	}
	f.cfg.Book.MarkStale(f.Line(), market.Disconnected)
	return next(ctx, term)
}
