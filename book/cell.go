package book

import (
	"math/bits"
	"sync/atomic"

	"ticker/market"
)

// NumCodecs is how many encodings of a record a cell keeps.
const NumCodecs = 2

// Cell is the conflating buffer of one symbol. It never moves, so readers keep
// a pointer to it for as long as they like.
//
// With many symbols a cell is not in the cache of whoever comes to it, and what
// that costs is cache lines. What a reader needs stands in the first two; what
// only an update needs comes behind.
type Cell struct {
	// seq is the record's Seq, for readers that only want to know whether
	// there is anything new. It is written under shard.mu.
	seq   atomic.Uint64
	shard *shard

	// The rest is guarded by shard.mu, but for what never changes.

	cache [NumCodecs][2]encoded
	at    int64 // acceptance, in microseconds of the book's clock
	// changed holds, for each field, the Seq of its last change.
	changed [market.NumFields]uint64
	tape    *tape // nil while nobody reads trades

	quote   market.Quote
	heads   []head
	first   [1]head // the room of heads, until there are more
	armed   []*Arm
	place   int32 // in the shard's list of recent changes, once it has data
	source  market.SourceID
	halted  bool // what the status goes back to after staleness
	readers int

	gathered sampling
	// stamped holds, for each field, the stamp of its last change.
	stamped [market.NumFields]uint64

	// These never change.

	book   *Book
	id     uint64
	symbol market.Symbol
}

// head is the order of one source and channel.
type head struct {
	source  market.SourceID
	channel market.Channel
	order   market.Order
}

// Symbol returns the symbol of the cell.
func (c *Cell) Symbol() market.Symbol { return c.symbol }

// ID tells the cells of a book apart. In the order of their IDs, cells that share
// a lock stand together.
func (c *Cell) ID() uint64 { return c.id }

// Seq returns the sequence of the newest record without a lock, 0 if there is none.
func (c *Cell) Seq() uint64 { return c.seq.Load() }

// Quote returns a copy of the newest record; its Seq is 0 if there is none.
func (c *Cell) Quote() market.Quote {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	return c.quote
}

// judgeLocked decides whether an update may be folded, and notes its place.
func (c *Cell) judgeLocked(u *market.Update, wall int64) market.Outcome {
	return c.headLocked(u.Source, u.Channel).order.Judge(u, uint64(u.Link), wall)
}

// headLocked finds the head of a source and channel. A symbol has few: the
// search is shorter than a map's hash.
func (c *Cell) headLocked(source market.SourceID, channel market.Channel) *head {
	for i := range c.heads {
		if h := &c.heads[i]; h.source == source && h.channel == channel {
			return h
		}
	}
	c.heads = append(c.heads, head{source: source, channel: channel})
	return &c.heads[len(c.heads)-1]
}

// foldLocked makes the next record of the cell.
func (c *Cell) foldLocked(u *market.Update, wall int64, stamp uint64) {
	q, sampler, recv := &c.quote, c.book.sampler, u.Recv
	if recv == 0 {
		recv = wall
	}
	if sampler != nil {
		sampler.cutLocked(c, recv)
	}
	c.tapeLocked(u)
	q.Seq++
	c.foldValuesLocked(u.Set&market.AllValues, &u.Values, stamp)
	if u.TS != 0 {
		q.TS = u.TS
	}
	q.Recv = recv
	if c.source != u.Source || q.Seq == 1 {
		c.source = u.Source
		q.Source = c.book.sourceName(u.Source)
		c.noteLocked(market.SourceField, stamp)
	}
	c.foldStatusLocked(u, stamp)
	if sampler != nil {
		sampler.noteLocked(c, u, recv)
	}
}

// foldValuesLocked takes over a set of values, and notes those that differ.
func (c *Cell) foldValuesLocked(values market.Fields, from *[market.NumValues]market.Decimal, stamp uint64) {
	q := &c.quote
	for set := values; set != 0; set &= set - 1 {
		f := market.Field(bits.TrailingZeros16(uint16(set)))
		if q.Values[f] != from[f] || !q.Known.Has(f) {
			q.Values[f] = from[f]
			c.noteLocked(f, stamp)
		}
	}
	q.Known |= values
}

// noteLocked notes that a field changed.
func (c *Cell) noteLocked(f market.Field, stamp uint64) {
	c.changed[f] = c.quote.Seq
	c.stamped[f] = stamp
}

// restoreLocked makes a record of an earlier book the first one of an empty cell.
func (c *Cell) restoreLocked(q *market.Quote, source market.SourceID, stamp uint64) {
	c.tapeFirstLocked()
	c.quote, c.source = *q, source
	c.quote.Seq, c.quote.Symbol = 1, c.symbol
	c.quote.Status, c.quote.Reason = market.Stale, market.Disconnected
	c.halted = q.Status == market.Halted
	for f := range market.NumFields {
		c.noteLocked(f, stamp)
	}
}

func (c *Cell) foldStatusLocked(u *market.Update, stamp uint64) {
	status, reason := c.quote.Status, c.quote.Reason
	switch {
	case u.Set.Has(market.StatusField):
		status, reason = u.Status, u.Reason
		if status != market.Stale {
			c.halted = status == market.Halted
		}
	case status == market.Stale && c.halted:
		status, reason = market.Halted, market.NoReason
	case status == market.Stale:
		status, reason = market.Live, market.NoReason
	}
	if status != c.quote.Status || reason != c.quote.Reason {
		c.quote.Status, c.quote.Reason = status, reason
		c.noteLocked(market.StatusField, stamp)
	}
}

// Want says what a reader wants of a record.
type Want struct {
	// Codec is the encoding, below NumCodecs.
	Codec uint8
	// Since is the Seq that the reader saw last.
	Since uint64
	// Fields is the set of value fields it cares for; the status always
	// passes, the source and the times too.
	Fields market.Fields
	// Delta asks for the fields that changed after Since only.
	Delta bool
	// Always asks for the record even if it holds no change for the reader.
	Always bool
	// Mark, if it is set, is where the reader stands on the tape: the record then
	// carries an envelope of the trades since, and every trade is a change.
	Mark Mark
}

// Got says what a reader got.
type Got struct {
	// Seq is the record's: everything up to it was seen, whether or not
	// anything was appended.
	Seq uint64
	// At is when the record was accepted, in microseconds of Book.Since.
	At int64
	// Appended tells whether there was anything for the reader.
	Appended bool
	// Next is set if Want.Mark was: the place behind the trades that were read. The
	// reader has both marks now, and ends one: the old if it keeps what it read,
	// the new if it does not.
	Next Mark
}

// Append appends the newest record, encoded, as far as the reader wants it.
// The bytes are made once for all who want the same.
func (c *Cell) Append(dst []byte, w *Want) ([]byte, Got) {
	var r Reader
	defer r.Close()
	return r.Append(c, dst, w)
}

func (c *Cell) appendLocked(dst []byte, w *Want) ([]byte, Got) {
	got := Got{Seq: c.seq.Load(), At: c.at}
	if got.Seq == 0 {
		return dst, got
	}
	if w.Mark.Set() {
		return c.appendTradesLocked(dst, w, got)
	}
	f := c.formLocked(w)
	all := w.Fields&market.AllValues == market.AllValues
	if f&difference != 0 && f.fields()&wanted(w.Fields) == 0 && !all {
		return dst, got
	}
	e := c.encodedLocked(w.Codec, f)
	if got.Appended = all || w.Always || e.news() > w.Since; got.Appended {
		dst = append(dst, e.record()...)
	}
	return dst, got
}

// appendTradesLocked appends the newest record with the trades since the
// reader's mark. No two readers are sure to want the same, so it is encoded anew.
func (c *Cell) appendTradesLocked(dst []byte, w *Want, got Got) ([]byte, Got) {
	trades := c.tape.since(w.Mark)
	got.Next = c.tape.end()
	all := w.Fields&market.AllValues == market.AllValues
	if got.Appended = all || w.Always || trades.Trades > 0 || c.newsLocked(w.Fields) > w.Since; got.Appended {
		dst = c.book.encode(w.Codec, dst, &c.quote, c.selectLocked(c.formLocked(w)), &trades.Envelope)
	}
	return dst, got
}

// wanted returns the fields of which a reader wants to know when they change.
func wanted(fields market.Fields) market.Fields {
	return fields&market.AllValues | 1<<market.StatusField
}

// newsLocked returns the Seq of the last change of any of the wanted fields.
func (c *Cell) newsLocked(fields market.Fields) uint64 {
	var news uint64
	for set := wanted(fields); set != 0; set &= set - 1 {
		news = max(news, c.changed[bits.TrailingZeros16(uint16(set))])
	}
	return news
}

// After returns the Seq of the newest record, and whether anything that a reader
// wants to know of changed after a stamp: one of the fields, or the status; with
// all fields, anything. Stamp 0 is before everything: there any record is news.
func (c *Cell) After(stamp uint64, fields market.Fields) (seq uint64, changed bool) {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	seq = c.quote.Seq
	if seq == 0 || c.shard.recent.entries[c.place].stamp <= stamp {
		return seq, false
	}
	if stamp == 0 || fields&market.AllValues == market.AllValues {
		return seq, true
	}
	for set := wanted(fields); set != 0; set &= set - 1 {
		if c.stamped[bits.TrailingZeros16(uint16(set))] > stamp {
			return seq, true
		}
	}
	return seq, false
}

// changedLocked returns the fields that changed after a Seq.
func (c *Cell) changedLocked(since uint64) market.Fields {
	if since >= c.quote.Seq {
		return 0
	}
	var set market.Fields
	for f, seq := range c.changed {
		if seq > since {
			set |= 1 << f
		}
	}
	return set
}

// formLocked returns which form of the record a reader is to get. A full record
// names the status when it is not live, or when the reader merges: what it has
// may be stale. A difference names it when it changed.
func (c *Cell) formLocked(w *Want) form {
	const status, source = market.Fields(1 << market.StatusField), market.Fields(1 << market.SourceField)
	switch {
	case !w.Delta:
		return form(w.Fields & market.AllValues)
	case w.Since == 0 || w.Always:
		return form(w.Fields&market.AllValues | status)
	}
	return difference | form(c.changedLocked(w.Since)&(w.Fields&market.AllValues|status|source))
}

// selectLocked returns the fields that stand in a form of the record.
func (c *Cell) selectLocked(f form) market.Fields {
	if f&difference != 0 {
		return f.fields()
	}
	const status, source = market.Fields(1 << market.StatusField), market.Fields(1 << market.SourceField)
	set := c.quote.Known&f.fields() | source | f.fields()&status
	if c.quote.Status != market.Live {
		set |= status
	}
	return set
}

// encodedLocked returns the newest record in a form. Two are kept: the whole
// record, and what was asked for last.
func (c *Cell) encodedLocked(codec uint8, f form) encoded {
	kept := &c.cache[codec][0]
	if f != whole {
		kept = &c.cache[codec][1]
	}
	if seq := c.seq.Load(); !kept.is(seq, f) {
		head := kept.begin(seq, c.newsLocked(f.fields()), f)
		*kept = c.book.encode(codec, head, &c.quote, c.selectLocked(f), nil)
	}
	return *kept
}

// AppendQuote appends the newest full record, encoded, or nothing if there is none.
func (c *Cell) AppendQuote(dst []byte, codec uint8) ([]byte, bool) {
	dst, got := c.Append(dst, &Want{Codec: codec, Fields: market.AllValues, Always: true})
	return dst, got.Appended
}
