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
type Candles struct{ Candles []market.Candle }

func (c *Candles) write(o *object) {
	o.list("candles", len(c.Candles), func(dst []byte, i int) []byte {
		return o.codec.AppendCandle(dst, &c.Candles[i])
	})
}

func (c *Candles) read(d *decoder, key []byte) {
	if string(key) != "candles" {
		d.Skip()
		return
	}
	d.list(func() {
		var one market.Candle
		d.object((*candle)(&one))
		c.Candles = append(c.Candles, one)
	})
}

// AppendCandle appends one candle of the list. Like appendEnvelope, it calls
// write by its type.
func (c Codec) AppendCandle(dst []byte, one *market.Candle) []byte {
	o := c.open(dst)
	(*candle)(one).write(&o)
	return o.close()
}

// candle is a market.Candle that knows its encoding.
type candle market.Candle

func (c *candle) write(o *object) {
	o.integer("ts", c.TS)
	o.decimal("open", c.Open)
	o.decimal("high", c.High)
	o.decimal("low", c.Low)
	o.decimal("close", c.Close)
	o.total("volume", &c.Volume)
	o.count("trades", c.Trades)
}

func (c *candle) read(d *decoder, key []byte) {
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
