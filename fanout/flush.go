package fanout

import (
	"time"

	"ticker/book"
)

const (
	// maxFrameBytes is where a frame of due records ends; what is left waits
	// for the next interval, so that symbols take turns. It bounds what a slow
	// client's frame takes up, and is far above what one interval should hold:
	// some 35,000 records.
	maxFrameBytes = 8 << 20
	// maxSnapshotBytes is where a frame of a snapshot ends and the next begins.
	maxSnapshotBytes = 64 << 10
	// maxRecordBytes is the longest record: ten numbers of 38 digits, names, and an
	// envelope.
	maxRecordBytes = 1280
)

// sent is a record that stands in a frame, or that its reader did not want.
type sent struct {
	slot *slot
	got  book.Got
}

// flushLocked writes what changed in a lane, and sets when it is due again; or
// makes it idle if nothing did.
func (s *Session) flushLocked(w *worker, l *lane) {
	if s.turns.queues(l) {
		return
	}
	s.takeTurnLocked(w, l)
}

// takeTurnLocked is flushLocked once there is bandwidth for it.
func (s *Session) takeTurnLocked(w *worker, l *lane) {
	for {
		buf, batch := s.gatherLocked(w, l, w.buf[:0])
		if len(buf) > 0 {
			s.writeLocked(w, l, buf, batch)
			return
		}
		s.commitLaneLocked(w, l, batch)
		w.keep(buf, batch)
		if l.restLocked() {
			return
		}
	}
}

// writeLocked writes one frame of a lane and takes note of what was sent.
func (s *Session) writeLocked(w *worker, l *lane, buf []byte, batch []sent) {
	defer w.keep(buf, batch)
	n, err := s.opt.Conn.TryWrite(buf)
	switch {
	case err != nil:
		unread(batch)
		s.failLocked(err)
		return
	case n == 0:
		// Nothing was sent: the records stay unsent, the writer will gather
		// the newest when the client takes them.
		unread(batch)
		l.owed = true
		s.blockLocked(nil)
		return
	case n < len(buf):
		s.blockLocked(buf[n:])
	default:
		s.allowed.passed(n)
	}
	s.commitLaneLocked(w, l, batch)
	s.countFrameLocked(len(buf))
	s.scheduleLocked(l)
}

// scheduleLocked puts a lane that has just sent into the wheel.
func (s *Session) scheduleLocked(l *lane) {
	now := s.hub.now()
	s.wroteAt = now
	s.hub.wheel.add(l.pace.Sent(now, s.hub.Gap(l.pace.Interval())), l)
}

// blockLocked hands the connection to a writer, with the rest of a frame.
func (s *Session) blockLocked(rest []byte) {
	s.blocked = true
	rest = append([]byte(nil), rest...)
	s.hub.writers.Go(func() { s.drain(rest) })
}

// drain writes until the client takes all there is, and gives the connection
// back then. Each round gathers the newest, when it can be written.
func (s *Session) drain(rest []byte) {
	defer s.survive()
	w := &worker{hub: s.hub, ages: &s.hub.metrics.ages[0]}
	for {
		var err error
		began := s.hub.now()
		if len(rest) > 0 {
			err = s.opt.Conn.Write(rest)
		}
		if err == nil {
			err = s.opt.Conn.Wait()
		}
		s.judge(len(rest), s.hub.now()-began)
		var done bool
		if rest, done = s.nextRest(w, err); done {
			return
		}
	}
}

// judge sets how long the next frames may be by how long the client took.
func (s *Session) judge(bytes int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var interval time.Duration
	for _, l := range s.lanes {
		if i := l.pace.Interval(); interval == 0 || i < interval {
			interval = i
		}
	}
	s.allowed.took(bytes, took, interval, s.hub.leastFrame)
}

// frameLimitLocked is where a frame of due records ends.
func (s *Session) frameLimitLocked() int {
	return min(s.allowed.limit(s.hub.frameBytes), s.turns.room())
}

// nextRest returns what a writer writes next, or that it is done.
func (s *Session) nextRest(w *worker, err error) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failLocked(err)
		s.out = nil
	}
	if s.closed {
		return s.lastRestLocked()
	}
	rest := s.gatherAllLocked(w)
	s.room.Broadcast()
	s.blocked = len(rest) > 0
	return rest, !s.blocked
}

// gatherAllLocked gathers, as sent, all that a blocked session owes.
func (s *Session) gatherAllLocked(w *worker) []byte {
	buf := append(w.buf[:0], s.out...)
	s.out = nil
	buf = s.gatherFreshLocked(w, buf)
	for _, l := range s.lanes {
		if l.owed {
			l.owed = false
			buf = s.gatherOwedLocked(w, l, buf)
		}
	}
	w.buf = buf
	return buf
}

func (s *Session) gatherOwedLocked(w *worker, l *lane, buf []byte) []byte {
	if s.turns.queues(l) {
		return buf
	}
	for {
		start := len(buf)
		var batch []sent
		buf, batch = s.gatherLocked(w, l, buf)
		s.commitLaneLocked(w, l, batch)
		w.batch = batch[:0]
		if len(buf) > start {
			s.countFrameLocked(len(buf) - start)
			s.scheduleLocked(l)
			return buf
		}
		if l.restLocked() {
			return buf
		}
	}
}

// safeLocked returns the stamp up to which every cell shows what it has, now,
// and the stamp up to which the session will have been sent all once lane l, if
// any, is scanned. The stamp is read before the roster and the cells are: what
// it covers, they show.
func (s *Session) safeLocked(l *lane) (now, sent uint64) {
	now = s.hub.book.Safe()
	s.catchUpLocked()
	sent = now
	for _, other := range s.lanes {
		switch {
		case other == l && len(l.slots) <= s.frameLimitLocked()/maxRecordBytes: // all of it, for sure
		case other != l && other.quietLocked():
			other.safe = now
		default:
			sent = min(sent, other.safe)
		}
	}
	return now, sent
}

// commitLaneLocked notes what was gathered of a lane as sent.
func (s *Session) commitLaneLocked(w *worker, l *lane, batch []sent) {
	s.commitLocked(w, batch)
	l.safe = l.scanned
}

// commitLocked notes records as sent, or as not wanted.
func (s *Session) commitLocked(w *worker, batch []sent) {
	if len(batch) == 0 {
		return
	}
	read(batch)
	now := s.hub.book.Since()
	conflated := s.ledger.conflated
	w.ages.mu.Lock()
	for i := range batch {
		b := &batch[i]
		s.ledger.count(b.slot.sent, b.got)
		b.slot.sent = b.got.Seq
		b.slot.fresh = false
		if b.got.Appended {
			age := now - b.got.At
			w.ages.addLocked(age)
			if i%ageSample == 0 {
				s.ledger.age(age)
			}
		}
	}
	w.ages.mu.Unlock()
	s.hub.metrics.conflated.Add(s.ledger.conflated - conflated)
	s.stat.updates.Add(s.ledger.takeDelivered())
}

// read moves the marks of slots behind the trades that were sent.
func read(batch []sent) {
	var cells book.Reader
	defer cells.Close()
	for i := range batch {
		if b := &batch[i]; b.got.Next.Set() {
			cells.Unmark(b.slot.cell, b.slot.mark)
			b.slot.mark = b.got.Next
		}
	}
}

// unread leaves the marks of slots before the trades that were not sent after all.
func unread(batch []sent) {
	var cells book.Reader
	defer cells.Close()
	for i := range batch {
		if b := &batch[i]; b.got.Next.Set() {
			cells.Unmark(b.slot.cell, b.got.Next)
		}
	}
}

func (s *Session) countFrameLocked(bytes int) {
	s.turns.spend(bytes)
	s.ledger.frames++
	s.ledger.bytes += uint64(bytes)
	s.stat.frames.Add(1)
	s.stat.bytes.Add(uint64(bytes))
}
