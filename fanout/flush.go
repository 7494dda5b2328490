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
	// maxRecordBytes is the longest record: ten numbers of 38 digits, and names.
	maxRecordBytes = 1024
)

// sent is a record that stands in a frame, or that its reader did not want.
type sent struct {
	slot *slot
	got  book.Got
}

// flushLocked writes what changed in a lane, and sets when it is due again; or
// makes it idle if nothing did.
func (s *Session) flushLocked(w *worker, l *lane) {
	for {
		buf, batch := s.gatherLocked(l, w.buf[:0], w.batch[:0])
		if len(buf) > 0 {
			s.writeLocked(w, l, buf, batch)
			return
		}
		s.commitLocked(w, batch)
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
		s.failLocked(err)
		return
	case n == 0:
		// Nothing was sent: the records stay unsent, the writer will gather
		// the newest when the client takes them.
		l.owed = true
		s.blockLocked(nil)
		return
	case n < len(buf):
		s.blockLocked(buf[n:])
	}
	s.commitLocked(w, batch)
	s.countFrameLocked(len(buf))
	s.scheduleLocked(l)
}

// scheduleLocked puts a lane that has just sent into the wheel.
func (s *Session) scheduleLocked(l *lane) {
	now := s.hub.now()
	s.wroteAt = now
	s.hub.wheel.add(l.pace.Sent(now), l)
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
		if len(rest) > 0 {
			err = s.opt.Conn.Write(rest)
		}
		if err == nil {
			err = s.opt.Conn.Wait()
		}
		var done bool
		if rest, done = s.nextRest(w, err); done {
			return
		}
	}
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
	for {
		start := len(buf)
		var batch []sent
		buf, batch = s.gatherLocked(l, buf, w.batch[:0])
		s.commitLocked(w, batch)
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

// gatherLocked appends one frame with the records of a lane that changed, or
// nothing if none did. Nothing is noted as sent.
func (s *Session) gatherLocked(l *lane, buf []byte, batch []sent) ([]byte, []sent) {
	safe := s.safeLocked(l)
	f := frame{session: s, start: len(buf), buf: buf, batch: batch, limit: s.hub.frameBytes, safe: safe}
	first := l.next
	l.next = 0
	for n := range len(l.slots) {
		i := (first + n) % len(l.slots)
		if sl := &l.slots[i]; sl.cell.Seq() != sl.sent && !f.add(sl) {
			l.next = i
			break
		}
	}
	return f.close()
}

// gatherFreshLocked appends frames with the full records that subscribes asked
// for, as sent. They are outside the count of frames in an interval. A client
// that has only a part of them could not resume from anywhere: their cursor
// stands before everything.
func (s *Session) gatherFreshLocked(w *worker, buf []byte) []byte {
	if s.fresh == 0 {
		return buf
	}
	f := frame{session: s, start: len(buf), buf: buf, batch: w.batch[:0], limit: maxSnapshotBytes}
	for _, l := range s.lanes {
		for i := range l.slots {
			sl := &l.slots[i]
			if !sl.fresh || f.add(sl) {
				continue
			}
			f.closeInto(w)
			f.add(sl)
		}
	}
	f.closeInto(w)
	w.batch = f.batch
	return f.buf
}

// frame is a quotes event in the making.
type frame struct {
	session *Session
	buf     []byte
	batch   []sent
	start   int // of the frame in buf
	body    int // of the message in buf
	records int
	limit   int // in bytes
	safe    uint64
}

// add appends the newest record of a slot. It returns false, and does nothing,
// when the frame is full.
func (f *frame) add(sl *slot) bool {
	if len(f.buf)-f.start > f.limit {
		return false
	}
	codec := f.session.opt.Codec
	if f.records == 0 {
		f.start = len(f.buf)
		f.buf = f.session.opt.Framing.Open(f.buf)
		f.body = len(f.buf)
		f.buf = codec.OpenQuotes(f.buf, f.session.hub.cursor(f.safe))
	}
	mark := len(f.buf)
	if f.records > 0 {
		f.buf = codec.AppendSeparator(f.buf)
	}
	var got book.Got
	f.buf, got = sl.cell.Append(f.buf, &book.Want{
		Codec: uint8(codec), Since: sl.sent, Fields: sl.sub.fields, Delta: sl.sub.delta, Always: sl.fresh,
	})
	f.batch = append(f.batch, sent{sl, got})
	switch {
	case got.Appended:
		f.records++
	case f.records == 0:
		f.buf = f.buf[:f.start]
	default:
		f.buf = f.buf[:mark]
	}
	return true
}

// close completes the frame, if there is anything in it.
func (f *frame) close() ([]byte, []sent) {
	if f.records > 0 {
		f.buf = f.session.opt.Codec.CloseQuotes(f.buf, f.body, f.records)
		f.buf = f.session.opt.Framing.Seal(f.buf, f.start)
	}
	return f.buf, f.batch
}

// closeInto completes a frame of a snapshot, notes its records as sent, and
// begins the next.
func (f *frame) closeInto(w *worker) {
	if f.records > 0 {
		f.close()
		f.session.countFrameLocked(len(f.buf) - f.start)
	}
	f.session.commitLocked(w, f.batch)
	f.batch = f.batch[:0]
	f.start, f.records = len(f.buf), 0
}

// safeLocked returns the stamp up to which every lane will have been sent all,
// once lane l, if any, is scanned. The stamp is read before the roster and the
// cells are: what it covers, they show.
func (s *Session) safeLocked(l *lane) uint64 {
	safe := s.hub.book.Safe()
	s.catchUpLocked()
	least := safe
	for _, other := range s.lanes {
		if other == l && len(l.slots) <= s.hub.frameBytes/maxRecordBytes || other.quietLocked() {
			other.safe = safe
			continue
		}
		least = min(least, other.safe)
	}
	return least
}

// commitLocked notes records as sent, or as not wanted.
func (s *Session) commitLocked(w *worker, batch []sent) {
	if len(batch) == 0 {
		return
	}
	now := s.hub.book.Since()
	conflated := s.ledger.conflated
	for i := range batch {
		b := &batch[i]
		s.ledger.count(b.slot.sent, b.got)
		b.slot.sent = b.got.Seq
		if b.slot.fresh {
			b.slot.fresh = false
			s.fresh--
		}
		if b.got.Appended {
			age := now - b.got.At
			w.ages.add(age)
			s.ledger.age(age)
		}
	}
	s.hub.metrics.conflated.Add(s.ledger.conflated - conflated)
	s.stat.updates.Add(s.ledger.takeDelivered())
}

func (s *Session) countFrameLocked(bytes int) {
	s.ledger.frames++
	s.ledger.bytes += uint64(bytes)
	s.stat.frames.Add(1)
	s.stat.bytes.Add(uint64(bytes))
}

// beat gives signs of life to one client.
type beat struct{ session *Session }

// beatGrain is the phase of heartbeats: fine enough for seconds, coarse enough
// to beat for many at once.
const beatGrain = 50 * time.Millisecond

// schedule queues the next beat: when a ping is due, or an event if nothing
// else is written until then. It reads what only its own run and the session's
// lock write.
func (b *beat) schedule() {
	s := b.session
	next := min(s.pingedAt, s.wroteAt) + s.hub.cfg.Heartbeat
	s.hub.wheel.add((next+beatGrain-1)/beatGrain*beatGrain, b)
}

// run pings, and tells browsers, which cannot see pings, that all is well. A
// client that is blocked is left alone: it has enough to read.
func (b *beat) run(*worker) {
	s := b.session
	defer s.survive()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	now, period := s.hub.now(), s.hub.cfg.Heartbeat
	buf := s.out
	if now-s.pingedAt >= period {
		s.pingedAt = now
		if !s.blocked {
			buf = s.opt.Framing.Ping(buf)
		}
	}
	if now-s.wroteAt >= period {
		s.wroteAt = now
		if !s.blocked {
			cursor := s.hub.cursor(s.safeLocked(nil))
			buf = s.frame(buf, func(dst []byte) []byte {
				return s.opt.Codec.AppendHeartbeat(dst, time.Now().UnixMicro(), cursor)
			})
		}
	}
	b.schedule()
	if len(buf) > len(s.out) {
		s.writeOutLocked(buf)
	}
}
