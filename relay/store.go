package relay

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// wantedEvery bounds how often one partition is kept since somebody wants it.
	wantedEvery = 200 * time.Millisecond
	// keepPause is how long routine snapshots are left alone after one that failed, so
	// that an engine that cannot keep does not hold up rounds.
	keepPause = time.Second
)

var errMandate = errors.New("the mandate to lead has ended")

// store judges which snapshots are to be kept, and when.
type store struct {
	perRound int // how many partitions a round looks at: all of them in a second
	next     int // the first of them
	pause    time.Time
	kept     [Partitions]keeping
	outage   outage
	buf      []byte
	overflow bool // it was said that there are records without room
}

// keeping is what the engine keeps of a partition.
type keeping struct {
	ever   bool // in this term
	number uint64
	at     time.Time
	wanted bool
}

// begin begins a term, in which nothing was kept.
func (s *store) begin() {
	for i := range s.kept {
		s.kept[i].ever = false
	}
}

// missing reports whether there is a partition that was never kept in this term.
func (s *store) missing() bool {
	for i := range s.kept {
		if !s.kept[i].ever {
			return true
		}
	}
	return false
}

func (s *store) want(partition int) {
	if partition >= 0 && partition < Partitions {
		s.kept[partition].wanted = true
	}
}

// due reports whether a partition is to be kept in this round: wanted, or changed
// and its turn.
func (s *store) due(partition int, number uint64, now time.Time) bool {
	k := &s.kept[partition]
	if k.wanted {
		return now.Sub(k.at) >= wantedEvery
	}
	turn := (partition-s.next+Partitions)%Partitions < s.perRound
	return turn && k.number != number && now.After(s.pause)
}

// keepSome keeps what is due.
func (p *Publisher) keepSome(ctx context.Context) error {
	s, now := &p.store, time.Now()
	defer func() { s.next = (s.next + s.perRound) % Partitions }()
	for i := range Partitions {
		if s.due(i, p.round.numbers[i], now) {
			if err := p.keep(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepAll keeps whatever changed since it was kept.
func (p *Publisher) keepAll(ctx context.Context) error {
	for i := range Partitions {
		if k := &p.store.kept[i]; k.ever && k.number == p.round.numbers[i] {
			continue
		}
		if err := p.keep(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps the snapshot of a partition, unless the mandate ended meanwhile.
func (p *Publisher) keep(ctx context.Context, partition int) error {
	if term, ok := p.cfg.Mandate.Valid(); !ok || term != p.round.term {
		return errMandate
	}
	snapshot, left := p.round.snapshot(partition, p.store.buf)
	p.store.buf = snapshot
	p.noteOverflow(partition, left)
	ctx, cancel := context.WithTimeout(ctx, p.cfg.SendTimeout)
	defer cancel()
	if err := p.cfg.Outlet.Keep(ctx, partition, snapshot); err != nil {
		return err
	}
	p.count.bytes.Add(float64(len(snapshot)))
	now := time.Now()
	p.store.kept[partition] = keeping{ever: true, number: p.round.numbers[partition], at: now}
	if after, ended := p.store.outage.over(now); ended {
		p.log.Info("snapshots are kept again", slog.Duration("after", after))
	}
	return nil
}

// noteOverflow says once that records found no room in a snapshot.
func (p *Publisher) noteOverflow(partition, left int) {
	p.count.overflow.Add(float64(left))
	if left > 0 && !p.store.overflow {
		p.store.overflow = true
		p.log.Error("a snapshot has no room for all records", slog.Int("partition", partition), slog.Int("left_out", left))
	}
}

func (p *Publisher) keepFailed(err error) {
	now := time.Now()
	p.store.pause = now.Add(keepPause)
	if p.store.outage.begins(now) {
		p.log.Warn("keeping snapshots fails", slog.Any("error", err))
	}
}
