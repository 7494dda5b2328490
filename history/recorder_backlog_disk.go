package history

import (
	"slices"
	"time"

	"ticker/history/internal/spool"
)

// busy says that the keeper is with the disk since a time, or with the zero time
// that it is not.
func (q *backlog) busy(since time.Time) {
	q.mu.Lock()
	q.busySince = since
	q.mu.Unlock()
}

// found says what the spool held at the start, or that it cannot be opened now.
func (q *backlog) found(stats spool.Stats, err error) {
	q.mu.Lock()
	defer q.unlock()
	q.known, q.refuses = true, err != nil
	q.diskLocked(stats)
}

// diskLocked takes over what the spool says of itself. A batch that it dropped
// is lost, and not given to the store again.
func (q *backlog) diskLocked(now spool.Stats) {
	q.lostLocked(now.LostCount - q.disk.LostCount)
	q.disk = now
	q.forgetLocked()
}

// toSpool returns the oldest batch if it is to go to the spool now, else in what
// time it has to, 0 if there is none.
func (q *backlog) toSpool(now time.Time) (b *batch, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, 0
	}
	b = q.waiting[0]
	if wait = b.formed.Add(spoolAfter).Sub(now); wait > 0 &&
		!q.closed && q.spooledLocked() == 0 && len(q.waiting) <= memoryBatches/2 {
		return nil, wait
	}
	b.writing = true
	return b, 0
}

// written says what became of a batch on its way to the spool.
func (q *backlog) written(b *batch, record uint64, stats spool.Stats, err error) {
	q.mu.Lock()
	defer q.unlock()
	b.writing = false
	q.refuses = err != nil
	if err == nil {
		q.waiting = slices.Delete(q.waiting, 0, 1)
		q.inMemory -= len(b.Samples)
		b.record, b.spooled = record, true
	}
	q.diskLocked(stats)
	first := b.spooled && record == q.firstLocked()
	switch {
	case !b.spooled && b.settled:
		q.leaveLocked(b)
	case !b.spooled:
	case first && b.settled:
		q.acknowledgeLocked(b)
	case first && b.taken:
		q.loaded = b
	case b.taken:
		b.again = true
	default:
		q.recycleLocked(b)
	}
}

// toLoad reports whether the oldest batch of the spool is wanted.
func (q *backlog) toLoad() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.loaded == nil && len(q.acks) == 0 && q.spooledLocked() > 0 && !q.closed
}

// load says that a batch was read from the spool; nil is one that could not be.
func (q *backlog) load(b *batch, stats spool.Stats) {
	q.mu.Lock()
	defer q.unlock()
	q.diskLocked(stats)
	q.loaded = b
}

// undecodable says that the oldest record of the spool was given up.
func (q *backlog) undecodable(samples uint32, stats spool.Stats) {
	q.mu.Lock()
	defer q.unlock()
	q.diskLocked(stats)
	q.lostLocked(uint64(samples))
}

// toAcknowledge returns the oldest batch that is to be removed from the spool.
func (q *backlog) toAcknowledge() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.acks) == 0 {
		return nil
	}
	return q.acks[0]
}

// acknowledged says that a batch is not in the spool any more. If it was dropped
// there before, it is counted as lost already.
func (q *backlog) acknowledged(b *batch, dropped bool, stats spool.Stats) {
	q.mu.Lock()
	defer q.unlock()
	q.acks = slices.Delete(q.acks, 0, 1)
	q.diskLocked(stats)
	if !dropped {
		q.storedLocked(b)
	}
}

// isClosed reports whether the keeper is to spool everything and end.
func (q *backlog) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// abandon loses what could not be spooled in the end, and returns how many
// samples.
func (q *backlog) abandon() int {
	q.mu.Lock()
	defer q.unlock()
	before := q.inMemory
	for len(q.waiting) > 0 {
		q.loseLocked(0)
	}
	return before - q.inMemory
}
