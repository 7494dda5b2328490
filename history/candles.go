package history

import (
	"cmp"
	"time"

	"ticker/market"
)

// Compare orders positions.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Recv, o.Recv), cmp.Compare(p.Seq, o.Seq), cmp.Compare(p.Epoch, o.Epoch))
}

// minute is the width of the candles that stores keep.
const minute = int64(time.Minute / time.Microsecond)

// floor returns the beginning of the step that a time is in, for times before
// the Unix epoch too.
func floor(at, step int64) int64 {
	rest := at % step
	if rest < 0 {
		rest += step
	}
	return at - rest
}

// Folder makes candles out of bars that come in the order of their times.
type Folder struct {
	step    int64
	candles []market.Candle
}

// NewFolder makes a Folder of candles of the given width.
func NewFolder(step time.Duration) *Folder { return &Folder{step: step.Microseconds()} }

// Add folds in the trades that were accepted at a time, none of them at the
// other side of the end of a step.
func (f *Folder) Add(at int64, bar *market.Bar) {
	if bar.Trades == 0 {
		return
	}
	ts := floor(at, f.step)
	if n := len(f.candles); n > 0 && f.candles[n-1].TS == ts {
		f.candles[n-1].Merge(bar)
		return
	}
	f.candles = append(f.candles, market.Candle{TS: ts, Bar: *bar})
}

// Candles returns what was made so far.
func (f *Folder) Candles() []market.Candle { return f.candles }

// Minute is the trades of a symbol in one minute, as far as a batch has them:
// what a store folds into the candles that it keeps.
type Minute struct {
	Symbol market.Symbol
	market.Candle
	// First and Last are the positions of the first and the last sample with a
	// trade: what came earlier has the open of the whole, what came later the
	// close.
	First, Last Position
}

// Merge folds in another part of the same minute, whichever came first.
func (m *Minute) Merge(o *Minute) {
	opened, closed := m.Open, m.Close
	if o.First.Compare(m.First) < 0 {
		opened, m.First = o.Open, o.First
	}
	if o.Last.Compare(m.Last) > 0 {
		closed, m.Last = o.Close, o.Last
	}
	m.Envelope.Merge(&o.Envelope)
	m.Open, m.Close = opened, closed
}

// Minutes sums up the trades of a batch by symbol and minute, in the order in
// which these first appear.
func (b *Batch) Minutes() []Minute {
	type key struct {
		symbol market.Symbol
		ts     int64
	}
	var minutes []Minute
	places := make(map[key]int)
	for i := range b.Samples {
		s := &b.Samples[i]
		if s.Bar.Trades == 0 {
			continue
		}
		at := Position{s.Recv, s.Seq, b.Epoch}
		part := Minute{
			Symbol: s.Symbol, Candle: market.Candle{TS: floor(s.Recv, minute), Bar: s.Bar}, First: at, Last: at,
		}
		k := key{s.Symbol, part.TS}
		if place, ok := places[k]; ok {
			minutes[place].Merge(&part)
			continue
		}
		places[k] = len(minutes)
		minutes = append(minutes, part)
	}
	return minutes
}
