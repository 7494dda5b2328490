package publish

import (
	"context"

	"ticker/market"
)

// Record is the newest record of one symbol, for another system.
type Record struct {
	Symbol market.Symbol
	// JSON is the record as clients get it, one object without a line break.
	JSON []byte
}

// Sink is another system.
type Sink interface {
	// Send hands over records, at most one of a symbol, and returns when the system
	// has acknowledged all. After an error some may have been taken; all are handed
	// over again later, as they are then. It keeps no pointer to the records. It
	// connects, and connects again, by itself, and gives up when ctx is done.
	Send(ctx context.Context, records []Record) error
	// Close ends the connection.
	Close()
}
