package wire

import (
	"ticker/market"
)

// Record is one quote as it stands in a message: whole, or only what changed.
type Record struct {
	// Quote holds what the record carries; everything else in it is zero.
	market.Quote
	// Set tells which of its fields the record carries. To send a record, set
	// it to the fields that are wanted.
	Set market.Fields
	// Envelope is nil unless the client asked for it.
	Envelope *market.Envelope
}

// MergeInto brings what the record carries into q, the record of the same
// symbol as the client holds it. In delta mode, merging in order gives the
// full record.
func (r *Record) MergeInto(q *market.Quote) {
	q.Symbol, q.Seq, q.Recv = r.Symbol, r.Seq, r.Recv
	for f := range market.NumValues {
		if r.Set.Has(f) {
			q.Values[f] = r.Values[f]
		}
	}
	q.Known |= r.Set & market.AllValues
	if r.TS != 0 {
		q.TS = r.TS
	}
	if r.Set.Has(market.SourceField) {
		q.Source = r.Source
	}
	if r.Set.Has(market.StatusField) {
		q.Status, q.Reason = r.Status, r.Reason
	}
}

func (r *Record) read(d *decoder, key []byte) {
	switch string(key) {
	case "symbol":
		r.Symbol = market.Symbol(d.Text())
	case "seq":
		r.Seq = d.count()
	case "ts":
		r.TS = d.integer()
	case "recv":
		r.Recv = d.integer()
	case "source":
		r.Source, r.Set = d.text(), r.Set.With(market.SourceField)
	case "status":
		r.Status, r.Set = d.status(), r.Set.With(market.StatusField)
	case "reason":
		r.Reason, _ = market.ParseReason(string(d.Text()))
	case "envelope":
		r.Envelope = new(market.Envelope)
		d.object((*envelope)(r.Envelope))
	default:
		r.readValue(d, key)
	}
}

func (r *Record) readValue(d *decoder, key []byte) {
	f, ok := market.ParseField(string(key))
	if !ok {
		d.Skip()
		return
	}
	r.Values[f] = d.decimal()
	r.Known, r.Set = r.Known.With(f), r.Set.With(f)
}

// status reads a status. One that this version does not know is none to rely
// on, which is what stale says.
func (d *decoder) status() market.Status {
	status, ok := market.ParseStatus(string(d.Text()))
	if !ok {
		return market.Stale
	}
	return status
}

func (e *envelope) read(d *decoder, key []byte) {
	switch string(key) {
	case "high":
		e.High = d.decimal()
	case "low":
		e.Low = d.decimal()
	case "trades":
		e.Trades = d.count()
	case "volume":
		e.Volume = d.total()
	default:
		d.Skip()
	}
}

// records reads a list of records. Guessing their number from the length of
// the text, 128 bytes for each, saves most of the growing.
func (d *decoder) records() []Record {
	records := make([]Record, 0, d.size/128+1)
	for d.Array(); d.More(); {
		records = append(records, Record{})
		d.object(&records[len(records)-1])
	}
	return records
}
