package auth

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of the wait after a reading that failed.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// askTimeout is for the case that nobody reads; a request ends before.
const askTimeout = fetchTimeout + time.Second

// maxWaiting bounds those who wait for a reading at one time.
const maxWaiting = 128

var errCrowd = errors.New("too many wait for the keys")

// place is where something is, and how it is written there. Its name is the metric
// label and the key of the configuration.
type place[T any] struct {
	name  string
	read  func(context.Context) ([]byte, error)
	parse func([]byte) (T, error)
}

// source reads a place again and again, and keeps what last made sense.
type source[T counted] struct {
	place[T]
	// every is the longest time from one reading to the next, apart the shortest
	// that ask leaves between two.
	every, apart time.Duration
	now          func() time.Time
	log          *slog.Logger
	count        sourceCount

	held    atomic.Pointer[holding[T]]
	poke    chan struct{} // read now
	waiting atomic.Int64  // for a reading

	mu    sync.Mutex
	began time.Time     // the last reading
	ended chan struct{} // closed behind the reading that is under way or asked for; nil if none is
}

// counted is what a source reads.
type counted interface{ count() int }

// holding is what a source has. It never changes.
type holding[T counted] struct {
	value  T
	text   []byte
	at     time.Time // when it was last read; zero if never
	failed error     // what went wrong since
}

// newSource makes what reads from a place. Files are read every cfg.Poll.
func newSource[T counted](cfg *Config, from place[T]) *source[T] {
	s := &source[T]{
		place: from, every: cfg.Poll, now: cfg.Now, log: cfg.Logger, count: cfg.Metrics.source(from.name),
		poke: make(chan struct{}, 1),
	}
	s.held.Store(new(holding[T]))
	return s
}

// run reads at once and then again and again until ctx ends.
func (s *source[T]) run(ctx context.Context) {
	var wait pace
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.poke:
		case <-timer.C:
		}
		before := s.held.Load()
		err := s.refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		s.tell(before, err)
		timer.Reset(wait.next(s.every, err != nil))
	}
}

// refresh reads once. What fails leaves what is held.
func (s *source[T]) refresh(ctx context.Context) error {
	s.begin()
	defer s.end()
	held := *s.held.Load()
	text, err := s.read(ctx)
	if err == nil && (held.at.IsZero() || !bytes.Equal(text, held.text)) {
		var value T
		if value, err = s.parse(text); err == nil {
			held.value, held.text = value, text
		}
	}
	if held.failed = err; err == nil {
		held.at = s.now()
	}
	s.held.Store(&held)
	s.count.reading(held.value.count(), held.at, err)
	return err
}

// begin answers with this reading all who asked for one until now.
func (s *source[T]) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = s.now()
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	select {
	case <-s.poke:
	default:
	}
}

func (s *source[T]) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.ended)
	s.ended = nil
}

// tell logs what changed with a reading; an outage is told once for each cause.
func (s *source[T]) tell(before *holding[T], err error) {
	switch after := s.held.Load(); {
	case err != nil && (before.failed == nil || before.failed.Error() != err.Error()):
		s.log.Warn("credentials could not be read, those that are known are kept",
			"source", s.name, "known", after.value.count(), "error", err)
	case err == nil && (before.failed != nil || !bytes.Equal(before.text, after.text)):
		s.log.Info("credentials were read", "source", s.name, "count", after.value.count())
	}
}

// again has the source read soon.
func (s *source[T]) again() {
	select {
	case s.poke <- struct{}{}:
	default: // it will
	}
}

// ask has the source read now and waits until it did. It joins a reading that is under
// way; if the last one began too short a time ago it does nothing and reports false.
// The error says that the reading took too long, or that too many wait for it: whoever
// makes kids up must not take all the room there is for judging credentials.
func (s *source[T]) ask(ctx context.Context) (asked bool, err error) {
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > maxWaiting {
		return false, errCrowd
	}
	ended := s.asking()
	if ended == nil {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	select {
	case <-ended:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// asking returns what will be closed behind the next reading, nil if it is too soon
// for one.
func (s *source[T]) asking() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		if s.now().Sub(s.began) < s.apart {
			return nil
		}
		s.ended = make(chan struct{})
		s.again()
	}
	return s.ended
}

// pace is when to read again: after failures sooner, and then later and later.
type pace struct{ ceiling time.Duration }

// next returns a random time between half of what it may be and all of it, so that
// those who lost the same server do not come back to it at once.
func (p *pace) next(every time.Duration, failed bool) time.Duration {
	ceiling := every
	if failed {
		p.ceiling = min(max(2*p.ceiling, firstRetry), lastRetry)
		ceiling = min(p.ceiling, every)
	} else {
		p.ceiling = 0
	}
	return ceiling/2 + rand.N(ceiling/2+1)
}
