package book

import "ticker/market"

// maxRun is how many records are read under one lock: a feed that wants it waits
// for as long, some microseconds.
const maxRun = 32

// Reader reads many cells, one after the other. It keeps a lock from one cell to
// the next if they share it, as they do in the order of their IDs: so it must be
// closed before its owner does anything else that may take time or a lock. The
// zero value is ready, also after Close.
type Reader struct {
	locked *shard
	run    int
}

// Append is Cell.Append.
func (r *Reader) Append(c *Cell, dst []byte, w *Want) ([]byte, Got) {
	r.lock(c)
	return c.appendLocked(dst, w)
}

// Sample copies the newest record of a cell and the trades behind a mark, if it is
// set. As after Append the reader then has two marks, and ends one of them.
func (r *Reader) Sample(c *Cell, m Mark, s *market.Sample) (next Mark) {
	r.lock(c)
	s.Quote, s.Bar = c.quote, market.Bar{}
	if m.Set() {
		s.Bar = *c.tape.since(m)
		next = c.tape.end()
	}
	return next
}

// Unmark is Cell.Unmark.
func (r *Reader) Unmark(c *Cell, m Mark) {
	r.lock(c)
	c.unmarkLocked(m)
}

// lock has the lock of a cell's shard, for a run of cells.
func (r *Reader) lock(c *Cell) {
	if r.run++; r.locked != c.shard || r.run > maxRun {
		r.Close()
		c.shard.mu.Lock()
		r.locked, r.run = c.shard, 1
	}
}

// Close lets go of the lock, if there is one.
func (r *Reader) Close() {
	if r.locked != nil {
		r.locked.mu.Unlock()
		r.locked = nil
	}
}
