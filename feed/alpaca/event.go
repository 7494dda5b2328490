package alpaca

import (
	"bytes"

	"ticker/feed/internal/venue"
	"ticker/market"
)

// value is one value of an event: the text of a string or of a number, or a time.
// The value of null has neither.
type value struct {
	text   []byte
	micros int64
	timed  bool
}

// side is the bid or the ask of a quote.
type side struct{ exchange, price, size []byte }

// event is one event of a frame, collected before its kind is known.
type event struct {
	kind, symbol, price, size, status []byte
	id, exchange                      []byte // of a trade
	bid, ask                          side
	time                              value
}

// put keeps a field.
func (e *event) put(key []byte, v value) {
	switch string(key) {
	case "T":
		e.kind = v.text
	case "S":
		e.symbol = v.text
	case "t":
		e.time = v
	case "bx":
		e.bid.exchange = v.text
	case "bp":
		e.bid.price = v.text
	case "bs":
		e.bid.size = v.text
	case "ax":
		e.ask.exchange = v.text
	case "ap":
		e.ask.price = v.text
	case "as":
		e.ask.size = v.text
	case "i":
		e.id = v.text
	case "x":
		e.exchange = v.text
	case "p":
		e.price = v.text
	case "s":
		e.size = v.text
	case "sc":
		e.status = v.text
	}
}

// fill makes the update of a record, and reports whether there is one: not of a
// kind that is not used, nor of an event that tells nothing.
func (e *event) fill(r *venue.Record) bool {
	switch string(e.kind) {
	case "q":
		if e.bid.none() && e.ask.none() {
			return false
		}
		r.Update.Channel = market.Quotes
		e.bid.fill(r, market.Bid, market.BidSize)
		e.ask.fill(r, market.Ask, market.AskSize)
	case "t":
		r.Update.Channel, r.Update.Trade = market.Trades, true
		put(r, market.Last, e.price)
		put(r, market.LastSize, e.size)
	case "s":
		status, known := statusOf(e.status)
		if !known {
			return false
		}
		r.Update.Channel, r.Update.Status = Statuses, status
		r.Update.Set = r.Update.Set.With(market.StatusField)
	default:
		return false
	}
	r.Name(e.symbol)
	e.stamp(r)
	return true
}

// mark makes one number of the id of a trade and of its exchange, a letter. That
// leaves room for ids of 16 digits; those of Alpaca have 14 at most.
func (e *event) mark() uint64 {
	id := venue.Number(e.id)
	if id == 0 || len(e.exchange) == 0 {
		return 0
	}
	return id<<8 | uint64(e.exchange[0])
}

// stamp sets the time of the update.
func (e *event) stamp(r *venue.Record) {
	switch {
	case e.time.timed:
		r.At(e.time.micros, e.time.micros >= 0)
	case len(e.time.text) > 0:
		r.At(venue.RFC3339(e.time.text))
	}
}

// none reports whether there is no quote on a side: a price of 0 of no exchange.
func (s *side) none() bool {
	return len(bytes.TrimSpace(s.exchange)) == 0 && len(bytes.Trim(s.price, "0.")) == 0
}

func (s *side) fill(r *venue.Record, price, size market.Field) {
	if !s.none() {
		put(r, price, s.price)
		put(r, size, s.size)
	}
}

func put(r *venue.Record, f market.Field, text []byte) {
	if len(text) > 0 {
		r.Put(f, text)
	}
}

// statusOf reads a code of a trading status, of either tape: their codes have
// nothing in common but what means the same.
func statusOf(code []byte) (status market.Status, known bool) {
	switch string(code) {
	case "2", "H", "P":
		return market.Halted, true
	case "3", "T":
		return market.Live, true
	}
	return 0, false
}
