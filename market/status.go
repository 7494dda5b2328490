package market

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
func (s Status) String() string { return nameOf(statusNames[:], s) }

// ParseStatus reads a status as it stands on the wire.
func ParseStatus[T string | []byte](text T) (Status, bool) {
	return parseName[Status](statusNames[:], text)
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
func (r Reason) String() string { return nameOf(reasonNames[:], r) }

// ParseReason reads a reason as it stands on the wire, empty for none.
func ParseReason[T string | []byte](text T) (Reason, bool) {
	return parseName[Reason](reasonNames[:], text)
}
