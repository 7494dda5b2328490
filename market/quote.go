package market

// Field is one part of a quote that changes on its own and can be asked for,
// or sent as a difference, on its own. The first NumValues are the value
// fields; Status and Source stand behind them.
type Field uint8

// The fields of a quote, in the order in which they are written.
const (
	Bid Field = iota
	BidSize
	Ask
	AskSize
	Last
	LastSize
	Open
	High
	Low
	Volume
	StatusField
	SourceField
	NumFields

	// NumValues counts the decimals of a quote.
	NumValues = StatusField
)

var fieldNames = [NumFields]string{
	"bid", "bidSize", "ask", "askSize", "last", "lastSize",
	"open", "high", "low", "volume", "status", "source",
}

// String returns the field's name on the wire.
func (f Field) String() string {
	if f < NumFields {
		return fieldNames[f]
	}
	return "unknown"
}

// ParseField finds a value field by its name on the wire.
func ParseField(name string) (Field, bool) {
	for f := range NumValues {
		if fieldNames[f] == name {
			return f, true
		}
	}
	return 0, false
}

// Fields is a set of fields, one bit each.
type Fields uint16

// Sets of fields.
const (
	// AllValues holds every value field.
	AllValues Fields = 1<<NumValues - 1
	// AllFields holds the value fields, the status and the source.
	AllFields Fields = 1<<NumFields - 1
)

// Has reports whether f is in the set.
func (s Fields) Has(f Field) bool { return s&(1<<f) != 0 }

// With returns the set with f added.
func (s Fields) With(f Field) Fields { return s | 1<<f }

// Status says how far a quote can be believed.
type Status uint8

// The states of a quote.
const (
	// Live: the feed behind it is connected and speaking.
	Live Status = iota
	// Stale: the feed is disconnected or silent, the values are its last.
	Stale
	// Halted: the source says that trading is halted.
	Halted
)

var statusNames = [...]string{"live", "stale", "halted"}

// String returns the status as it stands on the wire.
func (s Status) String() string { return statusNames[s] }

// ParseStatus reads a status as it stands on the wire.
func ParseStatus(text string) (Status, bool) {
	for i, name := range statusNames {
		if name == text {
			return Status(i), true
		}
	}
	return Live, false
}

// Reason says why a quote is stale.
type Reason uint8

// The reasons of staleness.
const (
	// NoReason: the quote is not stale.
	NoReason Reason = iota
	// Disconnected: the connection to the source is down.
	Disconnected
	// Silent: the source is connected and has said nothing past its limit.
	Silent
)

var reasonNames = [...]string{"", "disconnected", "silent"}

// String returns the reason as it stands on the wire, empty for none.
func (r Reason) String() string { return reasonNames[r] }

// Quote is the newest known record of one symbol.
type Quote struct {
	Symbol Symbol
	// Seq counts the accepted updates of this symbol from 1, without gaps.
	Seq uint64
	// Values holds the decimals, by field; only those in Known mean anything.
	Values [NumValues]Decimal
	// Known tells which value fields have ever been given. Absent = never known.
	Known Fields
	// TS is the time at the source, Recv the time this service accepted the
	// record: microseconds since the Unix epoch.
	TS, Recv int64
	// Source names the feed of the newest update.
	Source string
	Status Status
	Reason Reason
}

// Value returns a value field and whether it is known.
func (q *Quote) Value(f Field) (Decimal, bool) {
	return q.Values[f], q.Known.Has(f)
}
