package history

import (
	"context"
	"errors"
	"time"

	"ticker/market"
)

// Errors that a Store's methods wrap.
var (
	// ErrUnknown: the store never held a sample of the symbol.
	ErrUnknown = errors.New("unknown symbol")
	// ErrTooMany: more matches than the caller said it would take.
	ErrTooMany = errors.New("too many matches")
	// ErrSample: the store refuses a sample of the batch for what is in it, and
	// would refuse it again. Nothing of the batch was kept.
	ErrSample = errors.New("sample refused")
)

// Store is what samples are kept in. Its methods return as soon as ctx is done,
// with what they began undone or done, never half.
type Store interface {
	Writer
	Reader
	// Close lets go of everything. No other call may follow.
	Close() error
}

// Writer is the side of a Store that a recording uses.
type Writer interface {
	// Open makes the store ready: it connects, and brings the tables to the
	// shape that this version knows. It is called before anything else, and
	// again after it failed.
	Open(ctx context.Context) error
	// Append keeps all samples of a batch, or none: those that are there already
	// stay as they are. They are readable, and safe from the end of the process,
	// when it returns. ErrSample says that one of them can never be kept.
	Append(ctx context.Context, b *Batch) error
	// Maintain makes room for the days to come, and drops the days that ended
	// more than keep ago and were not written to for as long, by this machine's
	// clock, which now is; keep 0 drops none. The newest day that has samples
	// stays whatever its age: the book begins with it. Symbols stay known.
	Maintain(ctx context.Context, now time.Time, keep time.Duration) error
}

// Reader is the side of a Store that answers.
type Reader interface {
	// AsOf returns the newest record at or before a time, in microseconds since
	// the Unix epoch, of every symbol that one of the patterns covers, once,
	// sorted by symbol. Symbols without one are absent. The error is ErrTooMany if there
	// are more than most.
	AsOf(ctx context.Context, patterns []market.Pattern, at int64, most int) ([]market.Quote, error)
	// Quotes returns records of one symbol, oldest first; the position is that of
	// the last of them, and the zero Position when there are no more. The error
	// is ErrUnknown for a symbol that the store has never held.
	Quotes(ctx context.Context, q *QuotesQuery) ([]market.Quote, Position, error)
	// Between returns the samples, of every symbol that one of the patterns
	// covers, accepted from a time inclusive to a time exclusive, in the order of
	// their positions and then of their symbols. The error is ErrTooMany if there
	// are more than most.
	Between(ctx context.Context, patterns []market.Pattern, span Span, most int) ([]market.Sample, error)
	// Candles returns the candles of one symbol, oldest first; steps without a
	// trade have none. The error is ErrUnknown for a symbol that the store has
	// never held.
	Candles(ctx context.Context, q *CandlesQuery) ([]market.Candle, error)
}

// Batch is samples of one epoch, in the order in which they were taken.
type Batch struct {
	// Epoch names the life of the book that counted their sequences: 1 to 32
	// bytes of printable ASCII.
	Epoch   string
	Samples []market.Sample
}

// Position is a sample's place among those of its symbol.
type Position struct {
	// Recv is the time of acceptance, in microseconds since the Unix epoch.
	Recv  int64
	Seq   uint64
	Epoch string
}

// Span is the times from one inclusive to another exclusive, in microseconds
// since the Unix epoch.
type Span struct{ From, To int64 }

// QuotesQuery asks for the records of one symbol.
type QuotesQuery struct {
	Symbol market.Symbol
	Span
	// After leaves out what stands at or before a position, unless it is zero.
	After Position
	// Limit is the most records to return, above 0.
	Limit int
}

// CandlesQuery asks for the candles of one symbol.
type CandlesQuery struct {
	Symbol market.Symbol
	// Span begins and ends at multiples of Step.
	Span
	// Step is the width of a candle: whole seconds, 1 s to 24 h.
	Step time.Duration
}
