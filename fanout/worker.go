package fanout

import "ticker/book"

// worker is one flushing goroutine and the room it works in.
type worker struct {
	hub   *Hub
	ages  *ages
	buf   []byte // the frame being built
	batch []sent // the records in it
	woken []task
	// changed is what the book last told a wide lane.
	changed []*book.Cell
}

// maxKeptBuffer is the largest frame buffer that a worker keeps: the largest
// frame, its last record and its header.
const maxKeptBuffer = maxFrameBytes + 64<<10

func (w *worker) loop() {
	for {
		fired, t, ok := w.hub.ready.next()
		switch {
		case !ok:
			return
		case t != nil:
			t.run(w)
		default:
			w.wake(fired)
		}
	}
}

// due queues tasks that are due, and does as many itself as it queued, as far as
// nobody else does: whoever noticed that they are due is awake.
func (w *worker) due(tasks []task) {
	w.hub.ready.share(tasks)
	for range tasks {
		t := w.hub.ready.task()
		if t == nil {
			return
		}
		t.run(w)
	}
}

// wake queues the lanes that were idle; those that are busy will see the
// change when they are due.
func (w *worker) wake(fired book.Fired) {
	w.woken = w.woken[:0]
	for _, arm := range fired.Arms() {
		if l := arm.Reader.(*lane); l.wake() { //nolint:forcetypeassert // only lanes arm themselves
			w.woken = append(w.woken, l)
		}
	}
	w.hub.book.Recycle(fired)
	if len(w.woken) == 1 {
		w.woken[0].run(w)
		return
	}
	w.hub.ready.add(w.woken...)
}

// keep takes the buffers back after a flush.
func (w *worker) keep(buf []byte, batch []sent) {
	w.buf, w.batch = buf[:0], batch[:0]
	if cap(buf) > maxKeptBuffer {
		w.buf = nil
	}
}
