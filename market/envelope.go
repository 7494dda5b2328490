package market

// Envelope is what conflation would otherwise hide: the extremes, the number
// and the exact volume of the trades that one record stands for. The zero
// Envelope holds no trade.
type Envelope struct {
	High, Low Decimal
	Trades    uint64
	Volume    Total
}

// Trade folds one trade into the envelope.
func (e *Envelope) Trade(price, size Decimal) {
	if e.Trades == 0 || price.Cmp(e.High) > 0 {
		e.High = price
	}
	if e.Trades == 0 || price.Cmp(e.Low) < 0 {
		e.Low = price
	}
	e.Trades++
	e.Volume.Add(size)
}

// Merge folds the trades of another envelope into this one.
func (e *Envelope) Merge(o *Envelope) {
	if o.Trades == 0 {
		return
	}
	if e.Trades == 0 || o.High.Cmp(e.High) > 0 {
		e.High = o.High
	}
	if e.Trades == 0 || o.Low.Cmp(e.Low) < 0 {
		e.Low = o.Low
	}
	e.Trades += o.Trades
	e.Volume.Merge(&o.Volume)
}
