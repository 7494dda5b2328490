package fanout

import (
	"sync"

	"ticker/book"
)

// task is what a worker does: flush a lane, or give a sign of life.
type task interface{ run(w *worker) }

// queue is a first-in first-out list that keeps its room.
type queue[T any] struct {
	items []T
	head  int // those before it were taken
}

func (q *queue[T]) empty() bool { return q.head == len(q.items) }

func (q *queue[T]) push(items ...T) {
	if q.head > 0 && len(q.items)+len(items) > cap(q.items) {
		left := copy(q.items, q.items[q.head:])
		clear(q.items[left:])
		q.items, q.head = q.items[:left], 0
	}
	q.items = append(q.items, items...)
}

func (q *queue[T]) pop() T {
	var none T
	item := q.items[q.head]
	q.items[q.head] = none
	q.head++
	if q.empty() {
		q.items, q.head = q.items[:0], 0
	}
	return item
}

// ready is the queue of what is due now. A lane and a beat are in it at most
// once each and a cell at most once for each time that somebody armed it, so
// the subscriptions bound it.
type ready struct {
	workers int

	mu     sync.Mutex
	some   sync.Cond
	closed bool
	fired  queue[book.Fired]
	tasks  queue[task]
}

// tasksPerWorker is how many tasks that come together are worth a worker: to wake
// one costs as much as a flush or two.
const tasksPerWorker = 16

func newReady(workers int) *ready {
	r := &ready{workers: workers}
	r.some.L = &r.mu
	return r
}

// fire queues the readers of a cell as one item. A feed is waiting: who is to
// be woken is found out by a worker.
func (r *ready) fire(f book.Fired) {
	r.mu.Lock()
	r.fired.push(f)
	r.mu.Unlock()
	r.some.Signal()
}

// add queues tasks. The slice stays the caller's.
func (r *ready) add(tasks ...task) {
	if len(tasks) == 0 {
		return
	}
	r.mu.Lock()
	r.tasks.push(tasks...)
	r.mu.Unlock()
	r.wake((len(tasks) + tasksPerWorker - 1) / tasksPerWorker)
}

// share queues tasks like add, for a caller that goes on to help with them: it
// counts as the first worker.
func (r *ready) share(tasks []task) {
	r.mu.Lock()
	r.tasks.push(tasks...)
	r.mu.Unlock()
	r.wake((len(tasks) - 1) / tasksPerWorker)
}

func (r *ready) wake(workers int) {
	for range min(workers, r.workers) {
		r.some.Signal()
	}
}

func (r *ready) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.some.Broadcast()
}

// next waits for work: one fired list, or one task. It returns false when the
// queue was closed.
func (r *ready) next() (f book.Fired, t task, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed && r.fired.empty() && r.tasks.empty() {
		r.some.Wait()
	}
	switch {
	case r.closed:
		return f, nil, false
	case !r.fired.empty():
		return r.fired.pop(), nil, true
	}
	return f, r.tasks.pop(), true
}

// task returns a task that waits for a worker, or nil if none does.
func (r *ready) task() task {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.tasks.empty() {
		return nil
	}
	return r.tasks.pop()
}
