package relay

import (
	"cmp"
	"math"
	"slices"

	"ticker/book"
	"ticker/market"
)

// maxRecord is more than a record takes: a batch that has this much room left takes
// one more.
const maxRecord = 4096

// round is what a leader has sent of its book, and what it is about to send.
type round struct {
	book  *book.Book
	head  header // of the messages of this round
	term  uint64
	count uint64 // of ticks in this term

	known uint64 // symbols of the roster
	out   map[*book.Cell]*outgoing
	parts [Partitions][]*outgoing
	// numbers are those of the last batch of each partition.
	numbers [Partitions]uint64
	// done is a stamp: followers have the newest of all that was stamped up to it.
	done uint64

	// limit is MaxMessage less the room for a record, less in tests.
	limit int

	stamp, most uint64 // of what was found, and written
	cells       []*book.Cell
	pending     []pending
	buf         []byte
	messages    []Message
}

// outgoing is one symbol on its way to the followers.
type outgoing struct {
	cell      *book.Cell
	partition int
	mark      book.Mark // behind the trades that were delivered
	sums      sums      // of those
	sent      uint64    // the Seq that was delivered
}

// pending is a record that was gathered.
type pending struct {
	*outgoing
	seq  uint64
	next book.Mark
	bar  market.Bar
}

// open begins to read the trades of the book: those of symbols that it has from now
// on, of others from their first.
func (r *round) open() {
	r.book.TapeNewcomers(1)
	r.addNewcomers(false)
}

func (r *round) close() {
	r.book.TapeNewcomers(-1)
	for _, o := range r.out {
		o.cell.Unmark(o.mark)
	}
}

// addNewcomers adds the symbols that appeared since.
func (r *round) addNewcomers(fromFirst bool) {
	newcomers := r.book.Roster().From(r.known)
	r.known += uint64(len(newcomers))
	for _, c := range newcomers {
		o := &outgoing{cell: c, partition: partitionOf(c.Symbol()), mark: c.Mark(fromFirst)}
		r.out[c] = o
		r.parts[o.partition] = append(r.parts[o.partition], o)
	}
}

// begin begins a term: everything is sent again. Numbers and sums go on, if there
// was a term before.
func (r *round) begin(term uint64, epoch string) {
	if r.term == 0 {
		r.head.reign = term
	}
	r.term, r.count, r.done = term, 0, 0
	r.head.term, r.head.epoch = term, epoch
	for _, o := range r.out {
		o.sent = 0
	}
}

// find finds the symbols that changed since the last round that was delivered.
func (r *round) find() {
	r.stamp = r.book.AdvanceSafe()
	r.addNewcomers(true) // whatever has a stamp up to this one is in the roster by now
	r.cells = r.cells[:0]
	if r.stamp != r.done {
		r.cells, _ = r.book.Changed(r.done, r.cells, math.MaxInt)
	}
	// A symbol that appeared since goes with the next round.
	r.cells = slices.DeleteFunc(r.cells, func(c *book.Cell) bool {
		o := r.out[c]
		return o == nil || c.Seq() == o.sent
	})
	slices.SortFunc(r.cells, func(a, b *book.Cell) int {
		return cmp.Or(cmp.Compare(r.out[a].partition, r.out[b].partition), cmp.Compare(a.ID(), b.ID()))
	})
}

// write makes the messages of a round: batches of what was found, as it is now, and
// a tick. They are valid until the next; commit or rollBack must come before that.
func (r *round) write() []Message {
	r.count++
	r.head.tick = tickOf(r.term, r.count)
	r.buf, r.messages, r.pending = r.buf[:0], r.messages[:0], r.pending[:0]
	r.batches()
	r.most = r.book.Stamp() // some have changed since find
	tick := r.head
	tick.kind = kindTick
	start := len(r.buf)
	r.buf = appendTick(r.buf, &tick, &r.numbers)
	r.message(Control, start)
	r.cut()
	return r.messages
}

// batches makes the batches of the cells that changed.
func (r *round) batches() {
	var from book.Reader
	defer from.Close() // in case of a panic
	partition, start := -1, 0
	var at before
	var rec record
	for _, c := range r.cells {
		o := r.out[c]
		if o.partition != partition || len(r.buf)-start > r.limit {
			r.message(partition, start)
			partition, start, at = o.partition, len(r.buf), before{}
			r.numbers[partition]++
			h := r.head
			h.kind, h.number = kindBatch, r.numbers[partition]
			r.buf = appendHeader(r.buf, &h)
		}
		next := from.Sample(c, o.mark, &rec.Sample)
		rec.sums = o.sums
		rec.sums.add(&rec.Bar)
		r.buf = appendRecord(r.buf, &rec, &at)
		r.pending = append(r.pending, pending{o, rec.Seq, next, rec.Bar})
	}
	r.message(partition, start)
}

// message notes that what was appended from start on is one. The buffer may move
// until the last is there: only then cut gives each its part.
func (r *round) message(channel, start int) {
	if len(r.buf) > start {
		r.messages = append(r.messages, Message{channel, r.buf[start:len(r.buf):len(r.buf)]})
	}
}

func (r *round) cut() {
	start := 0
	for i := range r.messages {
		end := start + len(r.messages[i].Body)
		r.messages[i].Body = r.buf[start:end:end]
		start = end
	}
}

// commit notes that what was gathered is delivered, and returns its tick, and the
// stamps up to which the book is in it for sure, and at most.
func (r *round) commit() (tick, least, most uint64) {
	var from book.Reader
	defer from.Close()
	for i := range r.pending {
		p := &r.pending[i]
		from.Unmark(p.cell, p.mark)
		p.mark, p.sent = p.next, p.seq
		p.sums.add(&p.bar)
	}
	r.done = r.stamp
	return r.head.tick, r.done, r.most
}

// rollBack notes that what was gathered may not have been delivered. Its numbers are
// used up: some may have it.
func (r *round) rollBack() {
	var from book.Reader
	defer from.Close()
	for i := range r.pending {
		from.Unmark(r.pending[i].cell, r.pending[i].next)
	}
}

// snapshot makes the snapshot of a partition. It counts the records for which a
// message has no room.
func (r *round) snapshot(partition int, buf []byte) (snapshot []byte, left int) {
	h := r.head
	h.kind, h.number = kindSnapshot, r.numbers[partition]
	h.tick = tickOf(r.term, r.count+1) // what is newer than the last tick is in the next
	buf = appendHeader(buf[:0], &h)
	var from book.Reader
	defer from.Close()
	var at before
	var rec record
	for i, o := range r.parts[partition] {
		if len(buf) > r.limit {
			return buf, len(r.parts[partition]) - i
		}
		next := from.Sample(o.cell, o.mark, &rec.Sample)
		from.Unmark(o.cell, next)
		rec.sums = o.sums
		rec.sums.add(&rec.Bar)
		rec.Bar = market.Bar{}
		buf = appendRecord(buf, &rec, &at)
	}
	return buf, 0
}
