package book

import "ticker/market"

// tape is the trades of one cell, for readers who must hear of every trade in
// the few records that they are sent. It exists while somebody reads it.
//
// It is cut into pieces where readers stand: a trade is added to the last piece,
// once, however many readers there are; a reader sums up the pieces from its own
// place on. A piece where nobody stands any more is joined to the one before it,
// so there are never more pieces than readers, whatever the rate of trades and
// however long a reader stays away.
type tape struct {
	first, last *piece
	// kept says that the first piece stays although nobody stands there: it goes
	// back to the symbol's first update, for readers who wait for new symbols.
	kept  bool
	spare *piece // pieces to be used again, linked by next; fewer than there were readers
	sum   market.Bar
}

// piece is the trades between two places.
type piece struct {
	trades     market.Bar
	readers    int // who stand at its beginning
	prev, next *piece
}

// Mark is a reader's place on the tape of a cell: behind the trades it has heard
// of. The zero Mark is none.
type Mark struct{ at *piece }

// Set tells a place from none.
func (m Mark) Set() bool { return m.at != nil }

// add adds the trades of an update.
func (t *tape) add(u *market.Update) {
	trades := &t.last.trades
	if u.Trade {
		trades.Trade(u.Values[market.Last], tradedSize(u))
	}
	if u.Trades != nil {
		trades.Merge(u.Trades)
	}
}

// end returns the place behind the last trade, for one reader more.
func (t *tape) end() Mark {
	if t.last == nil || t.last.trades.Trades > 0 {
		t.append()
	}
	t.last.readers++
	return Mark{t.last}
}

func (t *tape) append() {
	p := t.spare
	if p == nil {
		p = new(piece)
	} else {
		t.spare = p.next
	}
	*p = piece{prev: t.last}
	if t.last == nil {
		t.first = p
	} else {
		t.last.next = p
	}
	t.last = p
}

// since returns the trades behind a place, until it is called again.
func (t *tape) since(m Mark) *market.Bar {
	t.sum = m.at.trades
	for p := m.at.next; p != nil; p = p.next {
		t.sum.Merge(&p.trades)
	}
	return &t.sum
}

// leave ends one reader's stay at a place.
func (t *tape) leave(m Mark) {
	p := m.at
	p.readers--
	switch {
	case p.readers > 0:
	case p.prev != nil:
		p.prev.trades.Merge(&p.trades)
		t.remove(p)
	case !t.kept:
		t.remove(p) // all who are left stand behind it
	}
}

func (t *tape) remove(p *piece) {
	if p.prev == nil {
		t.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		t.last = p.prev
	} else {
		p.next.prev = p.prev
	}
	*p = piece{next: t.spare}
	t.spare = p
}

// forget lets go of what was kept for readers who wait for new symbols.
func (t *tape) forget() {
	t.kept = false
	if t.first.readers == 0 {
		t.remove(t.first)
	}
}

func (t *tape) empty() bool { return t.first == nil }

// Mark returns the place behind the last trade of the cell, for a reader that
// wants to hear of all that follow. With fromFirst it is the place before the
// first one, if the tape goes back that far: see TapeNewcomers. Whoever has a
// Mark moves it on by reading with it, and ends it with Unmark.
func (c *Cell) Mark(fromFirst bool) Mark {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	if c.tape == nil {
		c.tape = new(tape)
	}
	if fromFirst && c.tape.kept {
		c.tape.first.readers++
		return Mark{c.tape.first}
	}
	return c.tape.end()
}

// Unmark ends a Mark.
func (c *Cell) Unmark(m Mark) {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	c.unmarkLocked(m)
}

func (c *Cell) unmarkLocked(m Mark) {
	c.tape.leave(m)
	c.endTapeLocked()
}

// endTapeLocked ends a tape that nobody reads.
func (c *Cell) endTapeLocked() {
	if c.tape.empty() {
		c.tape = nil
	}
}

// TapeNewcomers counts, by +1 and -1, the readers who want to hear of the trades
// of symbols that are yet to appear, from their first on. When it returns, every
// symbol that is not in the roster will have been taped for them.
func (b *Book) TapeNewcomers(change int64) {
	if b.newcomers.Add(change); change > 0 {
		b.passLocks()
	}
}

// tapeLocked notes the trades of an update, if anybody reads them, and begins the
// tape of a new symbol if somebody will.
func (c *Cell) tapeLocked(u *market.Update) {
	if c.quote.Seq == 0 {
		c.tapeFirstLocked()
	}
	t := c.tape
	if t == nil {
		return
	}
	if t.kept && c.book.newcomers.Load() == 0 {
		if t.forget(); t.empty() {
			c.tape = nil
			return
		}
	}
	t.add(u)
}

// tapeFirstLocked keeps the tape of a symbol from here on, its first update, for
// those who wait for new symbols.
func (c *Cell) tapeFirstLocked() {
	if c.book.newcomers.Load() == 0 {
		return
	}
	if c.tape == nil {
		c.tape = new(tape)
		c.tape.append()
	}
	c.tape.kept = true
}
