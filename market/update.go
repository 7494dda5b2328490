package market

import "time"

// SourceID is a feed's number in a book; the book that gave it knows the name.
type SourceID uint16

// Channel tells apart the independently ordered streams of one source. Order
// is only ever judged within one symbol, source and channel.
type Channel uint8

// The channels that feeds number.
const (
	// Quotes carries tickers and best bids and offers.
	Quotes Channel = iota
	// Trades carries prints.
	Trades
)

// Update is one normalised message about one symbol: what a feed gives to the
// book. A feed reuses one Update for many messages; the book keeps no pointer
// to it.
type Update struct {
	Symbol Symbol
	// Values holds the decimals named in Set; the others keep their last value.
	Values [NumValues]Decimal
	Set    Fields
	// Status applies if Set has StatusField; otherwise an update makes a
	// stale quote live again and leaves a halted one halted.
	Status Status
	Reason Reason
	// Trade says that Last and LastSize are one trade, counted in envelopes.
	Trade bool
	// Trades are trades that the update stands for besides, nil for none: what
	// comes from a history stands for all that was conflated into it.
	Trades *Bar
	// TS is the time at the source, 0 when the message has none. Recv is the
	// time of acceptance; 0 lets the book ask its clock.
	TS, Recv int64
	// At is the reading of the clock at which it was accepted, which the age of a
	// delivery counts from; the zero time lets the book read the clock.
	At time.Time

	// Source, Channel, Link and Seq give the update its place in order. Seq is
	// the channel's own sequence, 0 if it has none (TS orders it then). Link
	// counts the connections of the source: a lower Seq right after a
	// reconnection is a venue that began to count anew.
	Source  SourceID
	Channel Channel
	Link    uint32
	Seq     uint64
}

// Put sets one value field. Any other field is a bug, and panics.
func (u *Update) Put(f Field, d Decimal) {
	u.Values[f] = d
	u.Set = u.Set.With(f)
}

// Outcome says what a book did with an update.
type Outcome uint8

// What can become of an update.
const (
	// Accepted: folded into the record, which has a new Seq.
	Accepted Outcome = iota
	// Late: older than what the book holds from this source and channel.
	Late
	// Duplicate: a trade that was counted before.
	Duplicate
	// Full: the book holds its limit of symbols and this one is not in it.
	Full
	// Behind: older than what another source told of the same, which goes on.
	Behind

	// NumOutcomes is how many there are.
	NumOutcomes
)

var outcomeNames = [...]string{"accepted", "late", "duplicate", "full", "behind"}

// String returns the outcome as a metric label.
func (o Outcome) String() string { return nameOf(outcomeNames[:], o) }
