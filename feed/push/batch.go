package push

import (
	"fmt"

	"ticker/feed"
	"ticker/market"
)

// batchRecords is how many records are handed over under one lock. At about
// 200 ns an update it holds the lock for some 13 µs.
const batchRecords = 64

// batch is a stretch of a body, read and not yet handed over.
type batch struct {
	parser  feed.QuoteParser
	n       int
	entries [batchRecords]entry
}

// entry is one record: an update, or an error.
type entry struct {
	line   int
	record []byte
	update market.Update
	err    error
}

func (b *batch) full() bool { return b.n == batchRecords }

// add appends an entry for a record.
func (b *batch) add(line int, record []byte) *entry {
	e := &b.entries[b.n]
	b.n++
	e.line, e.record = line, record
	return e
}

// read appends a record and returns why it is refused, if it is.
func (b *batch) read(line int, record []byte, allow Allow) error {
	e := b.add(line, record)
	e.err = b.parser.Parse(record, &e.update)
	if e.err == nil && allow != nil && !allow(e.update.Symbol) {
		e.err = fmt.Errorf("%w: %s", ErrForbidden, e.update.Symbol)
	}
	return e.err
}

// reset empties the batch, and lets go of the body.
func (b *batch) reset() {
	clear(b.entries[:b.n])
	b.n = 0
}
