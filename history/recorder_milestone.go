package history

// milestone is a time of acceptance, in microseconds since the Unix epoch, before
// which every sample is in a batch, and the number of the last of these.
type milestone struct {
	at   int64
	last uint64
}

// reached says that every sample that was accepted before a time is in a batch: the
// last of them in one that is not added yet if unformed is true. One milestone at a
// time is enough to know how far the store is, and takes no list.
func (q *backlog) reached(at int64, unformed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.passLocked()
	if q.next != (milestone{}) {
		return
	}
	q.next = milestone{at, q.added}
	if unformed {
		q.next.last++
	}
}

// storedTo returns a time of acceptance before which the store has everything.
func (q *backlog) storedTo() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.passLocked()
	return q.complete
}

// passLocked passes the next milestone if no batch stands before it. What the spool
// holds is older than what waits in memory, and may be of any time.
func (q *backlog) passLocked() {
	oldest := q.unsettledLocked()
	switch {
	case !q.known, q.spooledLocked() > 0, q.added < q.next.last, oldest != nil && oldest.number <= q.next.last:
	default:
		q.complete = max(q.complete, q.next.at)
		q.next = milestone{}
	}
}
