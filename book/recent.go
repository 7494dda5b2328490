package book

// recent lists the cells of a shard in the order of their stamps, so that a
// reader of very many cells finds those that changed without looking at the
// others. Links are kept apart from the cells and close together: an update
// moves its cell to the front within a few cache lines.
type recent struct {
	entries []entry
	newest  int32 // -1 if there is none
}

// entry is one cell of the list; older and newer are its neighbours, or -1.
type entry struct {
	cell         *Cell
	stamp        uint64
	older, newer int32
}

// add puts a cell in front that was not in the list.
func (r *recent) add(c *Cell, stamp uint64) {
	if len(r.entries) == 0 {
		r.newest = -1
	}
	c.place = int32(len(r.entries)) //nolint:gosec // a shard holds far less than 2³¹ cells
	r.entries = append(r.entries, entry{cell: c, older: -1, newer: -1})
	r.toFront(c.place, stamp)
}

// touch brings a cell of the list to the front.
func (r *recent) touch(c *Cell, stamp uint64) {
	if r.newest == c.place {
		r.entries[c.place].stamp = stamp
		return
	}
	e := &r.entries[c.place]
	r.entries[e.newer].older = e.older
	if e.older >= 0 {
		r.entries[e.older].newer = e.newer
	}
	r.toFront(c.place, stamp)
}

func (r *recent) toFront(place int32, stamp uint64) {
	e := &r.entries[place]
	e.stamp, e.older, e.newer = stamp, r.newest, -1
	if r.newest >= 0 {
		r.entries[r.newest].newer = place
	}
	r.newest = place
}

// Changed appends the cells that changed after a stamp to dst, in no order. It
// gives up, and returns false, when it finds more than most.
func (b *Book) Changed(since uint64, dst []*Cell, most int) ([]*Cell, bool) {
	limit := len(dst) + most
	for i := range b.shards {
		sh := &b.shards[i]
		sh.mu.Lock()
		dst = sh.recent.appendSince(dst, since, limit)
		sh.mu.Unlock()
		if len(dst) > limit {
			return dst, false
		}
	}
	return dst, true
}

// appendSince stops behind the limit.
func (r *recent) appendSince(dst []*Cell, since uint64, limit int) []*Cell {
	if len(r.entries) == 0 {
		return dst
	}
	for at := r.newest; at >= 0 && len(dst) <= limit; {
		e := &r.entries[at]
		if e.stamp <= since {
			break
		}
		dst = append(dst, e.cell)
		at = e.older
	}
	return dst
}
