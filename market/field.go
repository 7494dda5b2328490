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
func (f Field) String() string { return nameOf(fieldNames[:], f) }

// ParseField finds a value field by its name on the wire.
func ParseField[T string | []byte](name T) (Field, bool) {
	return parseName[Field](fieldNames[:NumValues], name)
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
