package wire

import "ticker/market"

// QuoteList answers a snapshot or history query.
type QuoteList struct {
	// Cursor, of a snapshot of now, is what a client may give as since; empty
	// and left out otherwise.
	Cursor  string
	Records []Record
	// Next is the token of the next page, empty and left out on the last.
	Next string
}

func (l *QuoteList) write(o *object) {
	o.unlessEmpty("cursor", l.Cursor)
	o.records("quotes", l.Records)
	o.unlessEmpty("next", l.Next)
}

func (l *QuoteList) read(d *decoder, key []byte) {
	switch string(key) {
	case "cursor":
		l.Cursor = d.text()
	case "quotes":
		l.Records = d.records()
	case "next":
		l.Next = d.text()
	default:
		d.Skip()
	}
}

// SymbolList answers a symbols query.
type SymbolList struct {
	Symbols []string
	// Next is the token of the next page, empty and left out on the last.
	Next string
}

func (l *SymbolList) write(o *object) {
	o.texts("symbols", l.Symbols)
	o.unlessEmpty("next", l.Next)
}

func (l *SymbolList) read(d *decoder, key []byte) {
	switch string(key) {
	case "symbols":
		l.Symbols = d.texts()
	case "next":
		l.Next = d.text()
	default:
		d.Skip()
	}
}

// Candles answers a candles query, oldest first.
type Candles struct{ Candles []Candle }

func (c *Candles) write(o *object) { objects(o, "candles", c.Candles) }

func (c *Candles) read(d *decoder, key []byte) {
	if string(key) == "candles" {
		c.Candles = readObjects[Candle](d)
	} else {
		d.Skip()
	}
}

// Candle sums up the trades of one step.
type Candle struct {
	// TS is the beginning of the step, in microseconds since the Unix epoch.
	TS                     int64
	Open, High, Low, Close market.Decimal
	Volume                 market.Total
	Trades                 uint64
}

func (c *Candle) write(o *object) {
	o.integer("ts", c.TS)
	o.decimal("open", c.Open)
	o.decimal("high", c.High)
	o.decimal("low", c.Low)
	o.decimal("close", c.Close)
	o.total("volume", &c.Volume)
	o.count("trades", c.Trades)
}

func (c *Candle) read(d *decoder, key []byte) {
	switch string(key) {
	case "ts":
		c.TS = d.integer()
	case "open":
		c.Open = d.decimal()
	case "high":
		c.High = d.decimal()
	case "low":
		c.Low = d.decimal()
	case "close":
		c.Close = d.decimal()
	case "volume":
		c.Volume = d.total()
	case "trades":
		c.Trades = d.count()
	default:
		d.Skip()
	}
}
