package relay

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"ticker/market"
)

const (
	// wantPause is what a leader takes to keep a snapshot that somebody wants: a round
	// and some.
	wantPause = 75 * time.Millisecond
	// retryMin and retryMax bound the time between two tries to load: it doubles.
	retryMin = 50 * time.Millisecond
	retryMax = 500 * time.Millisecond
)

// listen follows what is demanded, and notes what is no longer.
func (s *stream) listen(now time.Time) {
	if s.changed != nil {
		select {
		case <-s.changed:
		default:
			return
		}
	}
	entries := []string{"*"}
	if s.changed = make(chan struct{}); !s.f.cfg.All {
		entries, s.changed = s.f.cfg.Demand.Watched()
	}
	demanded := partitionsOf(entries)
	for i := range s.parts {
		p := &s.parts[i]
		if p.demanded && !demanded[i] {
			p.until = now.Add(s.f.cfg.Linger)
		}
		if p.demanded = demanded[i]; p.demanded {
			s.follow(p)
		}
	}
}

// follow begins with a partition, unless it is followed. Until the next tick, whoever
// watches its symbols does not have all up to the last one.
func (s *stream) follow(p *partition) {
	if p.follows {
		return
	}
	s.f.cfg.Places.Hold()
	*p = partition{
		index: p.index, life: p.life + 1, busy: p.busy, until: p.until, demanded: p.demanded,
		follows: true, symbols: make(map[market.Symbol]*known),
	}
	if s.ticked {
		s.told(p)
	}
}

// forget ends with a partition that nobody asked for in a while. Its records are
// stale then. Whoever touches it looks at ready after that; here it is the other way
// round: one of both sees the other.
func (s *stream) forget(p *partition, now time.Time) {
	f := s.f
	touched := func() bool {
		return now.Sub(f.start)-time.Duration(f.touched[p.index].Load()) < f.cfg.Linger && f.touched[p.index].Load() > 0
	}
	if !p.follows || p.demanded || now.Before(p.until) || touched() {
		return
	}
	f.ready[p.index].Store(false)
	if touched() {
		f.ready[p.index].Store(p.basis)
		return
	}
	f.cfg.Inlet.Unfollow(p.index)
	for symbol := range p.symbols {
		if c := f.cfg.Book.Find(symbol); c != nil {
			sample := market.Sample{Quote: c.Quote()}
			sample.Status, sample.Reason = market.Stale, market.Disconnected
			f.cfg.Book.Adopt(s.line, &sample)
		}
	}
	*p = partition{index: p.index, life: p.life, busy: p.busy}
}

// heal has what is missing of a partition loaded, if it is time to try.
func (s *stream) heal(p *partition, now time.Time) {
	if !p.follows || p.busy || p.inStep() && !p.refresh || now.Before(p.again) {
		return
	}
	j := job{partition: p.index, life: p.life, follow: !p.listens, want: p.want, refresh: p.refresh}
	if p.holds {
		j.after, j.want = p.inStepAt, false
	}
	p.busy = true
	s.f.jobs <- j
}

// loaded takes what came of a job.
func (s *stream) loaded(r *result) {
	p, now := &s.parts[r.partition], time.Now()
	p.busy = false
	if p.life != r.life || !p.follows {
		return
	}
	p.listens = p.listens || r.listens
	if r.refresh && (r.err == nil || errors.Is(r.err, ErrNothing)) {
		p.refresh = false
	}
	switch {
	case r.want:
		p.want, p.again = false, now.Add(wantPause<<min(p.tries, 3))
		p.tries++
		return
	case p.holds != !r.after.IsZero():
		// It was begun before the partition got into this state, and is of no use.
	case p.holds:
		s.replay(p, r)
	case r.err == nil:
		s.restore(p, r.snapshot)
	case errors.Is(r.err, ErrNothing):
		s.covered(p, 0)
	}
	s.settle(p, r.err, now)
}

// restore takes a snapshot. One of a leader before the newest is too old, unless
// that is not heard and nothing else is known.
func (s *stream) restore(p *partition, snapshot []byte) {
	h, r, err := s.open(kindSnapshot, snapshot)
	if err != nil {
		s.bad(err)
		p.want = true
		return
	}
	if h.term > s.heard.term {
		s.hear(&h)
	}
	old := h.reign != s.heard.reign
	if old && (p.basis || s.ticked && !s.silent) || !s.apply(p, &h, &r) {
		p.want = true
		return
	}
	if old {
		clear(p.symbols) // their sums are of another reign
		h.number = 0
	}
	s.covered(p, h.number)
}

// covered notes that everything up to a number is there. If that is not enough, and
// no leader is heard who could tell more, it has to do as a beginning.
func (s *stream) covered(p *partition, number uint64) {
	if number < p.missed {
		p.want = true
		p.basis = p.basis || s.silent
		return
	}
	if p.basis && p.missed > 0 {
		s.f.count.gaps.WithLabelValues("snapshot").Inc()
	}
	p.missed, p.basis, p.want = 0, true, false
	p.seen = max(p.seen, number)
}

// replay takes a backlog, and what came behind it. If something is missing even so, a
// snapshot has to do.
func (s *stream) replay(p *partition, r *result) {
	held := p.held
	for _, body := range slices.Concat(r.backlog, held) {
		h, from, err := s.open(kindBatch, body)
		if err == nil && h.reign == s.heard.reign && h.number == p.seen+1 && s.apply(p, &h, &from) {
			p.seen = h.number
		}
	}
	p.release()
	if p.seen >= p.missed {
		p.missed = 0
		s.f.count.gaps.WithLabelValues("backlog").Inc()
		return
	}
	for _, body := range held {
		if h, from, err := s.open(kindBatch, body); err == nil {
			s.batch(p, &h, &from, body)
		}
	}
	p.seen = max(p.seen, p.missed)
}

// settle says who may go on, and has what is missing tried again.
func (s *stream) settle(p *partition, err error, now time.Time) {
	p.again = now
	if err != nil && !errors.Is(err, ErrNothing) {
		s.f.log.Debug("a partition cannot be loaded", slog.Int("partition", p.index), slog.Any("error", err))
		p.again = now.Add(min(retryMin<<min(p.tries, 8), retryMax))
		p.tries++
	}
	if p.basis {
		s.f.ready[p.index].Store(true)
		s.answer()
	}
	if p.inStep() {
		p.tries, p.inStepAt = 0, now
		if !s.silent {
			s.revive(p)
		}
	}
	s.heal(p, now)
}
