package history

import (
	"testing"
	"time"

	"ticker/history/internal/spool"
)

func expectComplete(t *testing.T, q *backlog, want int64) {
	t.Helper()
	if got := q.storedTo(); got != want {
		t.Errorf("complete up to %d, want %d", got, want)
	}
}

func TestTheStoreIsCompleteUpToWhatWasReachedWhenItsLastBatchIsSettled(t *testing.T) {
	t.Parallel()
	q := backlogOf(time.Now(), 2)
	q.reached(100, true) // the last sample is in a batch that is not formed yet
	q.reached(150, false)
	q.settle(q.take(), 0)
	q.settle(q.take(), 0)
	expectComplete(t, q, 0)
	addBatch(q, time.Now())
	expectComplete(t, q, 0)
	addBatch(q, time.Now()) // behind it, and no matter
	q.settle(q.take(), 0)
	expectComplete(t, q, 100)
	q.reached(200, false)
	expectComplete(t, q, 100)
	q.settle(q.take(), 0)
	expectComplete(t, q, 200)
	q.reached(180, false) // of a clock that was set back
	expectComplete(t, q, 200)
}

func TestTheStoreIsNotCompleteWhileTheSpoolHoldsSomething(t *testing.T) {
	t.Parallel()
	q := newBacklog(NewMetrics(nil))
	q.reached(100, false)
	expectComplete(t, q, 0) // it is not known what the spool holds
	q.found(spool.Stats{Tail: 1, Count: 10}, nil)
	expectComplete(t, q, 0)
	left := q.blank()
	left.spooled = true
	q.load(left, q.disk)
	q.settle(q.take(), 0)
	expectComplete(t, q, 100)
}
