package book

import (
	"math/bits"

	"ticker/market"
)

// Adopt makes the record of another book the newest one here, as coming by a line of
// this book: MarkStale finds it by that. The trades that came with it go to tapes
// and samples. Times, status and the name of the source are those of s; a field that
// only this book knows keeps its value. Seq is that of s, or one more than it was
// here if that is higher: it rises with every change.
//
// It returns false, and changes nothing, if there is nothing new: no Seq above the
// one here, nothing that differs, and no trade; or if the book is full. It judges no
// order: whoever has records of another book knows which of them are newer.
func (b *Book) Adopt(line market.SourceID, s *market.Sample) bool {
	now := b.now()
	sh := b.shardOf(s.Symbol)
	sh.mu.Lock()
	c := sh.cells[s.Symbol]
	if c == nil {
		c = b.addLocked(sh, s.Symbol)
	}
	if c == nil || c.hasLocked(s) {
		sh.mu.Unlock()
		return false
	}
	stamp := b.stamp.Add(1)
	c.adoptLocked(line, s, stamp)
	fired, newcomers := b.publishLocked(c, now, stamp)
	sh.mu.Unlock()
	b.announce(fired, newcomers)
	return true
}

// hasLocked reports whether a record would change nothing.
func (c *Cell) hasLocked(s *market.Sample) bool {
	q, values := &c.quote, s.Known&market.AllValues
	if s.Seq > q.Seq || q.Seq == 0 || s.Bar.Trades > 0 || values&^q.Known != 0 {
		return false
	}
	for ; values != 0; values &= values - 1 {
		if f := bits.TrailingZeros16(uint16(values)); q.Values[f] != s.Values[f] {
			return false
		}
	}
	return q.Status == s.Status && q.Reason == s.Reason && q.TS == s.TS && q.Recv == s.Recv && q.Source == s.Source
}

// adoptLocked is foldLocked for a record that was counted elsewhere.
func (c *Cell) adoptLocked(line market.SourceID, s *market.Sample, stamp uint64) {
	q, sampler := &c.quote, c.book.sampler
	if sampler != nil {
		sampler.cutLocked(c, s.Recv)
	}
	u := market.Update{Set: market.Fields(0).With(market.StatusField), Status: s.Status, Reason: s.Reason, Trades: &s.Bar}
	c.tapeLocked(&u)
	first := q.Seq == 0
	q.Seq = max(s.Seq, q.Seq+1)
	c.foldValuesLocked(s.Known&market.AllValues, &s.Values, stamp)
	q.TS, q.Recv, c.source = s.TS, s.Recv, line
	if first || q.Source != s.Source {
		q.Source = s.Source
		c.noteLocked(market.SourceField, stamp)
	}
	c.foldStatusLocked(&u, stamp)
	if sampler != nil {
		sampler.noteLocked(c, &u, s.Recv)
	}
}
