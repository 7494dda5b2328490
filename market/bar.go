package market

// Bar sums up trades in the order in which they were accepted: an envelope that
// also knows the first and the last price. The zero Bar holds no trade.
type Bar struct {
	Open, Close Decimal
	Envelope
}

// Trade folds the next trade into the bar.
func (b *Bar) Trade(price, size Decimal) {
	if b.Trades == 0 {
		b.Open = price
	}
	b.Close = price
	b.Envelope.Trade(price, size)
}

// Merge folds the trades of a bar that comes after this one.
func (b *Bar) Merge(later *Bar) {
	if later.Trades == 0 {
		return
	}
	if b.Trades == 0 {
		b.Open = later.Open
	}
	b.Close = later.Close
	b.Envelope.Merge(&later.Envelope)
}

// Candle is the trades of one step of time. A step without a trade has none.
type Candle struct {
	// TS is the beginning of the step, in microseconds since the Unix epoch.
	TS int64
	Bar
}

// Sample is what history keeps of a symbol at one moment: its newest record,
// and the trades since the sample before it.
type Sample struct {
	Quote
	Bar Bar
}
