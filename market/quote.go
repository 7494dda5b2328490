package market

// Quote is the newest known record of one symbol.
type Quote struct {
	Symbol Symbol
	// Seq counts the accepted updates of this symbol from 1, without gaps.
	Seq uint64
	// TS is the time at the source, Recv the time this service accepted the
	// record: microseconds since the Unix epoch.
	TS, Recv int64
	// Known tells which value fields have ever been given. Absent = never known.
	Known  Fields
	Status Status
	Reason Reason
	// Source names the feed of the newest update.
	Source string
	// Values holds the decimals, by field; only those in Known mean anything.
	Values [NumValues]Decimal
}

// Value returns a value field and whether it is known: 0 and false if not, and
// for the fields that are no values.
func (q *Quote) Value(f Field) (Decimal, bool) {
	if f >= NumValues || !q.Known.Has(f) {
		return Decimal{}, false
	}
	return q.Values[f], true
}
