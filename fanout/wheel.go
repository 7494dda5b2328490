package fanout

import (
	"context"
	"slices"
	"sync"
	"time"
)

// wheel queues tasks at the instants they are due. Instants come on the
// boundaries of phases, so that few hold very many tasks; one timer waits for
// the earliest, and none runs when nothing is due.
type wheel struct {
	now  func() time.Duration
	fire func([]task)
	load *load
	soon chan struct{} // the earliest instant changed

	mu      sync.Mutex
	buckets map[time.Duration][]task
	order   []time.Duration // of buckets, the earliest last
	free    [][]task
}

// maxFreeBuckets bounds the emptied buckets that are kept to be filled again.
const maxFreeBuckets = 64

func newWheel(now func() time.Duration, load *load, fire func([]task)) *wheel {
	return &wheel{
		now:     now,
		fire:    fire,
		load:    load,
		soon:    make(chan struct{}, 1),
		buckets: make(map[time.Duration][]task),
	}
}

// add queues a task for an instant.
func (w *wheel) add(due time.Duration, t task) {
	w.mu.Lock()
	bucket, ok := w.buckets[due]
	earliest := false
	if !ok {
		bucket = w.takeFreeLocked()
		at, _ := slices.BinarySearchFunc(w.order, due, later)
		w.order = slices.Insert(w.order, at, due)
		earliest = at == len(w.order)-1
	}
	w.buckets[due] = append(bucket, t)
	w.mu.Unlock()
	if earliest {
		select {
		case w.soon <- struct{}{}:
		default:
		}
	}
}

// later orders instants so that the earliest comes last.
func later(a, b time.Duration) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

func (w *wheel) takeFreeLocked() []task {
	n := len(w.free)
	if n == 0 {
		return nil
	}
	bucket := w.free[n-1]
	w.free = w.free[:n-1]
	return bucket
}

// run fires buckets until ctx is done.
func (w *wheel) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(w.turn())
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.soon:
		}
	}
}

// turn fires what is due, and returns the time until the next is.
func (w *wheel) turn() time.Duration {
	for {
		bucket, wait := w.take()
		if bucket == nil {
			return wait
		}
		w.fire(bucket)
		w.giveBack(bucket)
	}
}

// take takes the earliest bucket if it is due, or else says when one will be.
func (w *wheel) take() ([]task, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.order) - 1
	if last < 0 {
		return nil, time.Hour
	}
	due := w.order[last]
	now := w.now()
	if wait := due - now; wait > 0 {
		return nil, wait
	}
	w.load.late(due, now)
	bucket := w.buckets[due]
	delete(w.buckets, due)
	w.order = w.order[:last]
	return bucket, 0
}

// peek notes how late the earliest bucket is that nobody took yet.
func (w *wheel) peek() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := len(w.order) - 1; last >= 0 {
		w.load.late(w.order[last], w.now())
	}
}

func (w *wheel) giveBack(bucket []task) {
	clear(bucket)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.free) < maxFreeBuckets {
		w.free = append(w.free, bucket[:0])
	}
}
