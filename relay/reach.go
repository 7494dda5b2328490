package relay

import (
	"context"
	"fmt"
	"time"
)

// reach is somebody who waits for partitions.
type reach struct {
	partitions [Partitions]bool
	// refresh wants the newest snapshots loaded although nothing is missing.
	refresh bool
	done    chan struct{}
}

// Reach returns nil when everything that is known of some names and patterns is in
// the book. What is not followed yet is from now on, and for as long as Linger. The
// error is that of ctx, or ErrEnded.
func (f *Follower) Reach(ctx context.Context, names []string) error {
	r := reach{partitions: partitionsOf(names), done: make(chan struct{})}
	if f.touch(&r.partitions) {
		return nil
	}
	return f.ask(ctx, &r)
}

// refresh loads the newest snapshot of everything, for a node that is about to lead.
func (f *Follower) refresh(ctx context.Context) error {
	return f.ask(ctx, &reach{partitions: partitionsOf([]string{"*"}), refresh: true, done: make(chan struct{})})
}

// touch notes that partitions are asked for, and reports whether all are there. The
// order matters: see forget.
func (f *Follower) touch(partitions *[Partitions]bool) bool {
	now, all := int64(time.Since(f.start)), true
	for i, asked := range partitions {
		if asked {
			f.touched[i].Store(now)
			all = all && f.ready[i].Load()
		}
	}
	return all
}

func (f *Follower) ask(ctx context.Context, r *reach) error {
	select {
	case f.reaches <- r:
	case <-f.ended:
		return ErrEnded
	case <-ctx.Done():
		return fmt.Errorf("reach symbols: %w", ctx.Err())
	}
	select {
	case <-r.done:
		return nil
	case <-f.ended:
		return ErrEnded
	case <-ctx.Done():
		return fmt.Errorf("reach symbols: %w", ctx.Err())
	}
}

// reach takes somebody who waits for partitions.
func (s *stream) reach(r *reach) {
	now := time.Now()
	for i, asked := range r.partitions {
		if !asked {
			continue
		}
		p := &s.parts[i]
		s.follow(p)
		p.until = now.Add(s.f.cfg.Linger)
		if r.refresh {
			p.refresh = true
			p.again = now
		}
		s.heal(p, now)
	}
	s.reaches = append(s.reaches, r)
	s.answer()
}

// answer ends the waiting of those whose partitions are there.
func (s *stream) answer() {
	waiting := s.reaches[:0]
	for _, r := range s.reaches {
		if s.has(r) {
			close(r.done)
		} else {
			waiting = append(waiting, r)
		}
	}
	clear(s.reaches[len(waiting):])
	s.reaches = waiting
}

func (s *stream) has(r *reach) bool {
	for i, asked := range r.partitions {
		if asked && (!s.parts[i].basis || r.refresh && s.parts[i].refresh) {
			return false
		}
	}
	return true
}
