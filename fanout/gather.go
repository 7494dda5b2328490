package fanout

import (
	"math/bits"

	"ticker/book"
)

// gatherLocked appends one frame with the records of a lane that changed, or
// nothing if none did. Nothing is noted as sent.
func (s *Session) gatherLocked(w *worker, l *lane, buf []byte) ([]byte, []sent) {
	now, safe := s.safeLocked(l)
	f := s.newFrame(w, buf, s.frameLimitLocked())
	f.safe = safe
	defer f.cells.Close() // in case of a panic
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

// addLocked adds the records that changed in a range of slots. It looks at many
// before it adds the first: cells are in no cache, and looks that wait for
// nothing else wait for memory at the same time.
func (l *lane) addLocked(f *frame, from, to int) bool {
	const many = 64
	for ; from < to; from += many {
		slots := l.slots[from:min(from+many, to)]
		var changed uint64
		for i := range slots {
			if slots[i].cell.Seq() != slots[i].sent {
				changed |= 1 << i
			}
		}
		for ; changed != 0; changed &= changed - 1 {
			i := bits.TrailingZeros64(changed)
			if !f.add(&slots[i]) {
				l.next = from + i
				return false
			}
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
// for, as sent. They are outside the count of frames in an interval. A client that
// has only a part of them could not resume from anywhere: the cursor of all but the
// last frame stands before everything. Under a cap they are only as many as there
// is room for; the others are unsent, and take their turns.
func (s *Session) gatherFreshLocked(w *worker, buf []byte) []byte {
	left := s.freshLocked()
	if left == 0 {
		return buf
	}
	_, safe := s.safeLocked(nil)
	room := s.turns.room()
	f := s.newFrame(w, buf, min(maxSnapshotBytes, room))
	defer f.cells.Close() // in case of a panic
	for _, l := range s.lanes {
		for i := range l.slots {
			sl := &l.slots[i]
			switch {
			case !sl.fresh:
			case len(f.buf)-len(buf) >= room:
				l.safe = 0 // it waits for its turn, however old it is
				s.turns.queueFresh()
			default:
				if left == surelyOneFrame {
					f.closeInto(w)
				}
				if left <= surelyOneFrame && s.turns.cap == nil {
					f.safe = safe
				}
				f.addFresh(w, sl)
				left--
			}
		}
	}
	f.closeInto(w)
	w.batch = f.batch
	return f.buf
}

// surelyOneFrame is how many records one frame of a snapshot holds for sure.
const surelyOneFrame = maxSnapshotBytes / maxRecordBytes

// freshLocked counts the records that subscribes asked for.
func (s *Session) freshLocked() (n int) {
	for _, l := range s.lanes {
		for i := range l.slots {
			if l.slots[i].fresh {
				n++
			}
		}
	}
	return n
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
	cells   book.Reader
	want    book.Want
}

func (s *Session) newFrame(w *worker, buf []byte, limit int) frame {
	return frame{
		session: s, buf: buf, start: len(buf), batch: w.batch[:0], limit: limit,
		want: book.Want{Codec: uint8(s.opt.Codec)},
	}
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
		f.buf = codec.OpenQuotes(f.buf, f.session.hub.cursor(f.safe), f.session.hub.Widened())
	}
	mark := len(f.buf)
	if f.records > 0 {
		f.buf = codec.AppendSeparator(f.buf)
	}
	var got book.Got
	f.want.Since, f.want.Fields, f.want.Delta, f.want.Always = sl.sent, sl.sub.fields, sl.sub.delta, sl.fresh
	f.want.Mark = sl.mark
	f.buf, got = f.cells.Append(sl.cell, f.buf, &f.want)
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

// addFresh appends the record of a slot, in the next frame if this one is full.
func (f *frame) addFresh(w *worker, sl *slot) {
	if !f.add(sl) {
		f.closeInto(w)
		f.add(sl)
	}
}

// close completes the frame, if there is anything in it.
func (f *frame) close() ([]byte, []sent) {
	f.cells.Close()
	if f.records > 0 {
		f.buf = f.session.opt.Codec.CloseQuotes(f.buf, f.body, f.records)
		f.buf = f.session.opt.Framing.Seal(f.buf, f.start)
	}
	return f.buf, f.batch
}

// closeInto completes a frame of a snapshot, notes its records as sent, and
// begins the next.
func (f *frame) closeInto(w *worker) {
	f.cells.Close()
	if f.records > 0 {
		f.close()
		f.session.countFrameLocked(len(f.buf) - f.start)
	}
	f.session.commitLocked(w, f.batch)
	f.batch = f.batch[:0]
	f.start, f.records = len(f.buf), 0
}
