package book

import (
	"slices"
	"sync/atomic"
	"time"

	"ticker/market"
)

// maxHeld bounds the samples that wait in the book for their taker, about 60 MB
// of them: a quarter of a second at half a million updates a second.
const maxHeld = 128 << 10

// Sampling says how a book is sampled.
type Sampling struct {
	// Every is the period of which each changed symbol leaves one sample, its
	// newest record at the end. Periods begin at multiples of it since the Unix
	// epoch, by the time of acceptance. 0 makes a sample of every update.
	Every time.Duration
}

// sampler takes samples of all cells.
type sampler struct {
	every int64        // microseconds
	held  atomic.Int64 // samples that were put aside
	lost  atomic.Uint64

	// The rest belongs to whoever calls Samples.

	looked int64 // end of the last period that was looked for
	// swept is where the period of the last call began, sure where that of the call
	// before it did.
	swept, sure int64
	taken       []market.Sample
	open        []*Cell
}

// sampling is what a cell has gathered since its last sample.
type sampling struct {
	// open says that the record changed, and that the cell is in its shard's list.
	// From and to are the period, by the time of acceptance.
	open     bool
	from, to int64
	bar      market.Bar
}

func newSampler(cfg *Sampling) *sampler {
	if cfg == nil {
		return nil
	}
	return &sampler{every: cfg.Every.Microseconds()}
}

// cutLocked ends the period of a cell if an update that was accepted now is in
// another one. It comes before the fold: the sample is the record as it was.
func (s *sampler) cutLocked(c *Cell, recv int64) {
	if g := &c.gathered; g.open && (recv < g.from || recv >= g.to) {
		s.takeLocked(c)
		g.from, g.to = s.period(recv)
	}
}

// noteLocked notes an update that was folded.
func (s *sampler) noteLocked(c *Cell, u *market.Update, recv int64) {
	g := &c.gathered
	g.trades(u)
	switch {
	case s.every == 0:
		s.takeLocked(c)
	case !g.open:
		g.open = true
		g.from, g.to = s.period(recv)
		c.shard.open = append(c.shard.open, c)
	}
}

// trades folds the trades of an update into the bar.
func (g *sampling) trades(u *market.Update) {
	if u.Trade {
		g.bar.Trade(u.Values[market.Last], tradedSize(u))
	}
	if u.Trades != nil {
		g.bar.Merge(u.Trades)
	}
}

// tradedSize returns the size of the trade that an update is, 0 if it does not say.
func tradedSize(u *market.Update) (size market.Decimal) {
	if u.Set.Has(market.LastSize) {
		size = u.Values[market.LastSize]
	}
	return size
}

// period returns the period that a time is in.
func (s *sampler) period(at int64) (from, to int64) {
	from = at - at%s.every
	return from, from + s.every
}

// takeLocked puts a sample of the cell aside for whoever calls Samples.
func (s *sampler) takeLocked(c *Cell) {
	if s.held.Add(1) <= maxHeld {
		c.shard.taken = append(c.shard.taken, market.Sample{Quote: c.quote, Bar: c.gathered.bar})
	} else {
		s.held.Add(-1)
		s.lost.Add(1)
	}
	c.gathered.bar = market.Bar{}
}

// Samples appends the samples that are due: those of periods that are over, and
// with all those of the running period too. It is cheap when there are none. It
// is called from one goroutine at a time, and appends nothing unless the book
// was made with Sampling.
//
// Samples of one symbol come in the order of its updates, but for one that was
// put aside while Samples ran.
func (b *Book) Samples(dst []market.Sample, all bool) []market.Sample {
	s := b.sampler
	if s == nil {
		return dst
	}
	now := b.now().UnixMicro()
	look := all
	if s.every > 0 && now >= s.looked {
		_, s.looked = s.period(now)
		look = true
	}
	for i := range b.shards {
		sh := &b.shards[i]
		dst = s.collect(dst, sh)
		if look && s.every > 0 {
			dst = s.sweep(dst, sh, now, all)
		}
	}
	s.sure, s.swept = s.swept, now
	if s.every > 0 {
		s.swept, _ = s.period(now)
	}
	return dst
}

// Sampled returns a time of acceptance, in microseconds since the Unix epoch, before
// which Samples has handed out everything; 0 while there is none. It is the beginning
// of the period of the last call but one, since a sample that is put aside during a
// call comes with the next. It goes by what has arrived: an update that is longer on
// its way into the book than a call is from the next is not covered. Sampled belongs
// to whoever calls Samples.
func (b *Book) Sampled() int64 {
	if b.sampler == nil {
		return 0
	}
	return b.sampler.sure
}

// collect appends the samples that a shard has put aside.
func (s *sampler) collect(dst []market.Sample, sh *shard) []market.Sample {
	sh.mu.Lock()
	if len(sh.taken) == 0 {
		sh.mu.Unlock()
		return dst
	}
	taken := sh.taken
	sh.taken = s.taken[:0]
	sh.mu.Unlock()
	s.held.Add(-int64(len(taken)))
	dst = append(dst, taken...)
	clear(taken) // it holds strings and, rarely, big integers
	s.taken = taken
	return dst
}

// sweep appends samples of the cells of a shard whose period is over, some at a
// time, so that a feed waits for some microseconds only.
func (s *sampler) sweep(dst []market.Sample, sh *shard, now int64, all bool) []market.Sample {
	sh.mu.Lock()
	cells := sh.open
	sh.open = s.open[:0]
	sh.mu.Unlock()
	for run := range slices.Chunk(cells, maxRun) {
		dst = slices.Grow(dst, len(run))
		sh.mu.Lock()
		for _, c := range run {
			// A period far ahead is of a clock that was set back since.
			g := &c.gathered
			if !all && g.to > now && g.from <= now+s.every {
				sh.open = append(sh.open, c)
				continue
			}
			dst = append(dst, market.Sample{Quote: c.quote, Bar: g.bar})
			*g = sampling{}
		}
		sh.mu.Unlock()
	}
	clear(cells)
	s.open = cells
	return dst
}

// LostSamples counts the samples that found too many waiting.
func (b *Book) LostSamples() uint64 {
	if b.sampler == nil {
		return 0
	}
	return b.sampler.lost.Load()
}
