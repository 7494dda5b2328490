package fanout

import "ticker/book"

// gatherLocked appends one frame with the records of a lane that changed, or
// nothing if none did. Nothing is noted as sent.
func (s *Session) gatherLocked(w *worker, l *lane, buf []byte) ([]byte, []sent) {
	now, safe := s.safeLocked(l)
	f := frame{session: s, start: len(buf), buf: buf, batch: w.batch[:0], limit: s.hub.frameBytes, safe: safe}
	if l.walkLocked(w, &f) || l.scanLocked(&f) {
		l.scanned = now
	} else {
		l.scanned = l.safe
	}
	l.sparse = len(f.batch) <= len(l.slots)/4
	return f.close()
}

// scanLocked adds the records that changed by looking at every slot. It returns
// false if the frame was full before that.
func (l *lane) scanLocked(f *frame) bool {
	first := min(l.next, len(l.slots))
	l.next = 0
	return l.addLocked(f, first, len(l.slots)) && l.addLocked(f, 0, first)
}

// addLocked adds the records that changed in a range of slots.
func (l *lane) addLocked(f *frame, from, to int) bool {
	for i := from; i < to; i++ {
		if sl := &l.slots[i]; sl.cell.Seq() != sl.sent && !f.add(sl) {
			l.next = i
			return false
		}
	}
	return true
}

// walkLocked adds the records that changed by asking the book which did. It
// returns false, and adds nothing, when a scan is to be preferred.
func (l *lane) walkLocked(w *worker, f *frame) bool {
	if len(l.slots) < l.session.hub.wide || !l.sparse || l.safe == 0 || l.next != 0 {
		return false
	}
	// So many records fit into one frame for sure.
	most := min(len(l.slots)/4, f.limit/maxRecordBytes)
	changed, ok := l.session.hub.book.Changed(l.safe, w.changed[:0], most)
	w.changed = changed
	if !ok {
		return false
	}
	for _, c := range changed {
		if sl := l.findLocked(c); sl != nil && c.Seq() != sl.sent {
			f.add(sl)
		}
	}
	return true
}

// gatherFreshLocked appends frames with the full records that subscribes asked
// for, as sent. They are outside the count of frames in an interval. A client
// that has only a part of them could not resume from anywhere: their cursor
// stands before everything.
func (s *Session) gatherFreshLocked(w *worker, buf []byte) []byte {
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
