package history

import (
	"slices"
	"sync"
	"time"

	"ticker/history/internal/spool"
)

const (
	// memoryBatches is how many batches wait in memory: 80,000 samples, 35 MB.
	memoryBatches = 16
	// freeBatches is how many of them are kept for the next.
	freeBatches = 4
	// spoolAfter is how long the store has for a batch before the spool gets it,
	// so that it is safe two seconds after it was due.
	spoolAfter = 500 * time.Millisecond
	// diskPatience is how long the keeper may be with the disk before the disk
	// counts as one that refuses.
	diskPatience = time.Second
)

// batch is samples on their way from the book to the store.
type batch struct {
	Batch
	formed time.Time
	number uint64 // counts the batches that were added
	// record is the batch's ID in the spool, once spooled.
	record  uint64
	spooled bool
	// writing: the keeper is writing it to the spool. taken: the storer is giving
	// it to the store. settled: the store has it, but for the refused samples.
	writing, taken, settled bool
	refused                 int
	// again: the spool has it too, behind others, and will bring it again.
	again bool
}

// backlog is all batches that the store has not taken. Three goroutines meet
// here: the collector adds batches, the keeper moves them to the spool and back,
// the storer gives the oldest to the store. None of them waits for another, and
// nothing is done here that could block.
//
// The order is: what the spool holds, then waiting. A batch that the store is
// chewing on is the oldest of all, wherever it stands.
type backlog struct {
	count *Metrics
	// toKeeper and toStorer hold a token when something changed since the keeper
	// and the storer looked.
	toKeeper, toStorer chan struct{}
	// ended is closed when nothing is added any more.
	ended chan struct{}

	mu sync.Mutex
	// waiting are the batches that are not in the spool, oldest first.
	waiting []*batch
	// loaded is the oldest batch of the spool, when it is in memory too.
	loaded *batch
	// acks are the batches of the spool that were settled, to be removed there;
	// everything before settledTo was.
	acks      []*batch
	settledTo uint64
	disk      spool.Stats
	// known: the first try to open the spool is over. refuses: it did not take the
	// last batch. busySince is when the keeper went to the disk, zero if it is not
	// there.
	known, refuses bool
	busySince      time.Time
	// ending: nothing is added any more. closed: nothing is given to the store
	// any more.
	ending, closed bool
	// inMemory counts the samples in memory that are not in the spool.
	inMemory int
	totals   totals
	free     []*batch

	added uint64 // batches, so far
	// complete is a time before which the store has everything, and next the one
	// that will take its place.
	complete int64
	next     milestone
}

// totals is what became of samples so far.
type totals struct{ stored, refused, lost, backlog uint64 }

func newBacklog(count *Metrics) *backlog {
	return &backlog{
		count: count, toKeeper: make(chan struct{}, 1), toStorer: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// unlock ends every change.
func (q *backlog) unlock() {
	q.totals.backlog = uint64(q.inMemory) + q.disk.Count
	q.count.backlog.Set(float64(q.totals.backlog))
	q.count.spoolBytes.Set(float64(q.disk.Bytes))
	q.mu.Unlock()
	wake(q.toKeeper)
	wake(q.toStorer)
}

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (q *backlog) summary() totals {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.totals
}

// blank returns an empty batch.
func (q *backlog) blank() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.free); n > 0 {
		b := q.free[n-1]
		q.free = q.free[:n-1]
		return b
	}
	return new(batch)
}

func (q *backlog) recycleLocked(b *batch) {
	if len(q.free) < freeBatches {
		clear(b.Samples) // which lets go of their texts
		*b = batch{Batch: Batch{Samples: b.Samples[:0]}}
		q.free = append(q.free, b)
	}
}

// collected counts samples that came from the book, and those that it lost.
func (q *backlog) collected(samples int, lost uint64) {
	q.mu.Lock()
	q.inMemory += samples
	q.lostLocked(lost)
	q.unlock()
}

// add adds a batch behind all others.
func (q *backlog) add(b *batch) {
	q.mu.Lock()
	q.added++
	b.number = q.added
	q.waiting = append(q.waiting, b)
	q.unlock()
}

// makeRoom reports whether more samples may be taken from the book. They stay
// there while memory is full and the spool works it off; when the spool does
// not, the oldest batches are lost.
func (q *backlog) makeRoom(now time.Time) bool {
	q.mu.Lock()
	if len(q.waiting) < memoryBatches {
		q.mu.Unlock()
		return true
	}
	defer q.unlock()
	stuck := q.refuses || !q.busySince.IsZero() && now.Sub(q.busySince) > diskPatience
	if !stuck {
		return false
	}
	for len(q.waiting) >= memoryBatches {
		oldest := slices.IndexFunc(q.waiting, func(b *batch) bool { return !b.writing && !b.taken })
		q.loseLocked(oldest)
	}
	return true
}

// loseLocked loses a batch of those in memory.
func (q *backlog) loseLocked(i int) {
	b := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.inMemory -= len(b.Samples)
	q.lostLocked(uint64(len(b.Samples)))
	q.recycleLocked(b)
}

func (q *backlog) lostLocked(n uint64) {
	q.totals.lost += n
	q.count.lost.Add(float64(n))
}

// end says that nothing will be added any more.
func (q *backlog) end() {
	q.mu.Lock()
	q.ending = true
	close(q.ended)
	q.unlock()
}

// close says that nothing will be given to the store any more.
func (q *backlog) close() {
	q.mu.Lock()
	q.closed = true
	q.unlock()
}

// take returns the oldest batch, nil if there is none in memory.
func (q *backlog) take() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.known {
		return nil
	}
	b := q.loaded
	if q.spooledLocked() == 0 {
		b = q.unsettledLocked()
	}
	if b != nil {
		b.taken = true
	}
	return b
}

// unsettledLocked returns the oldest batch that is in memory only.
func (q *backlog) unsettledLocked() *batch {
	for _, b := range q.waiting {
		if !b.settled {
			return b
		}
	}
	return nil
}

// empty reports whether there is no batch for the store, and whether there will
// be none.
func (q *backlog) empty() (now, forever bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now = q.known && q.spooledLocked() == 0 && q.unsettledLocked() == nil
	return now, now && q.ending
}

// firstLocked returns the ID of the oldest batch of the spool that is not
// settled, spooledLocked how many there are.
func (q *backlog) firstLocked() uint64   { return max(q.disk.Head, q.settledTo) }
func (q *backlog) spooledLocked() uint64 { return q.disk.Tail - q.firstLocked() }

// putBack says that the store did not take a batch.
func (q *backlog) putBack(b *batch) {
	q.mu.Lock()
	defer q.unlock()
	b.taken = false
	q.forgetLocked()
}

// settle says that the store has a batch, but for the refused samples.
func (q *backlog) settle(b *batch, refused int) {
	q.mu.Lock()
	defer q.unlock()
	b.taken, b.settled, b.refused = false, true, refused
	switch {
	case b.again:
	case b.spooled:
		q.loaded = nil
		q.acknowledgeLocked(b)
	case !b.writing:
		q.leaveLocked(b)
	}
}

// acknowledgeLocked lets the keeper remove a settled batch, the oldest, from the
// spool.
func (q *backlog) acknowledgeLocked(b *batch) {
	q.settledTo = b.record + 1
	q.acks = append(q.acks, b)
}

// forgetLocked forgets a loaded batch that the spool has dropped since.
func (q *backlog) forgetLocked() {
	if b := q.loaded; b != nil && !b.taken && b.record < q.disk.Head {
		q.loaded = nil
		q.recycleLocked(b)
	}
}

// leaveLocked removes a settled batch that is in memory only.
func (q *backlog) leaveLocked(b *batch) {
	q.waiting = slices.DeleteFunc(q.waiting, func(o *batch) bool { return o == b })
	q.inMemory -= len(b.Samples)
	q.storedLocked(b)
}

// storedLocked counts a settled batch, once nothing is left of it here.
func (q *backlog) storedLocked(b *batch) {
	stored := len(b.Samples) - b.refused
	q.totals.stored += uint64(stored)
	q.totals.refused += uint64(b.refused)
	q.count.stored.Add(float64(stored))
	q.count.refused.Add(float64(b.refused))
	q.recycleLocked(b)
}

// safe reports whether the storer may leave what there is to the spool.
func (q *backlog) safe() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ending && !q.refuses
}
