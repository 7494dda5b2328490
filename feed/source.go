package feed

import (
	"context"
	"errors"

	"ticker/market"
)

// Source is one upstream, seen from the inside of this service.
type Source interface {
	// Run makes one connection and reads it until it ends, and returns why. It
	// returns when ctx is done. The caller decides whether to run it again, and
	// waits at least as long as an error with the method RetryAfter asks for.
	// A source that is done for good, like a recording at its end, waits for
	// ctx instead of returning. Run may start goroutines and waits for them;
	// a panic on one of those ends the process, a panic on its own does not.
	Run(ctx context.Context, to Sink) error
}

// Passive is a Source that has no connection to make anew: quotes that are
// pushed, a recording that is played. It is ended neither for its silence nor
// for its garbage, which may be that of one publisher among many.
type Passive interface {
	Source
	// Passive marks the source; it does nothing.
	Passive()
}

// Lines is an upstream of several connections, which come and go with what is
// wanted of it.
type Lines interface {
	// Run runs lines until ctx is done. It calls run for each, on a goroutine of
	// its own that it waits for; run supervises the source as one connection of
	// the feed and returns when its ctx is done. A line that has a String method
	// is told apart by it in the log. It calls ready once, when it has found out
	// which lines there are to be and has begun them: until then the feed counts
	// as not connected.
	Run(ctx context.Context, run func(ctx context.Context, line Source), ready func()) error
}

// Tap takes the raw messages of a source as they come, for a recording. It may
// be called from several goroutines.
type Tap interface {
	// Message takes one message. The tap keeps no pointer to it, and never blocks.
	Message(raw []byte)
}

// Sink takes what a Source has to say. Calls come from one goroutine at a
// time, and none after Source.Run has returned.
type Sink interface {
	// Connected says that the upstream is there. The first Update says it too.
	Connected()
	// Update gives one normalised update, or with StatusField alone a change of
	// status: a halt, a symbol that is no longer asked for. The sink completes Source, Link, At
	// and, unless set, Recv, which it leaves as it was; it keeps no pointer to u.
	Update(u *market.Update)
	// Alive says that the upstream spoke without telling anything new: a
	// heartbeat, an acknowledgement, a message of a kind that is not used. It
	// counts as skipped.
	Alive()
	// Reject refuses one record for the given reason. The sink keeps no
	// pointer to record.
	Reject(reason error, record []byte)
}

// Reasons for which a record is refused; each is a label of the metric
// ticker_feed_updates_total. A Source wraps them with what it knows. A reason
// that is none of them counts as ErrMalformed.
var (
	// ErrMalformed: the record does not parse.
	ErrMalformed = errors.New("malformed")
	// ErrSymbol: the record has no symbol, or one that is not canonical.
	ErrSymbol = errors.New("bad symbol")
	// ErrValue: a number is absurd: NaN, out of range, a negative size.
	ErrValue = errors.New("bad value")
	// ErrEmpty: the record carries no value field at all.
	ErrEmpty = errors.New("no value field")
)

// Parser reads the messages of one exchange. It is not safe for concurrent
// use; every connection has its own.
type Parser interface {
	// Parse reads one message and calls emit for every update in it, in the
	// order of the message. The update is the parser's own and is used again:
	// emit must not keep it.
	//
	// It returns nil if the message was understood and all of it emitted,
	// ErrSkipped if it is of a kind that carries no quote, and an error that
	// wraps a reason for refusal otherwise. Entries of a list are judged one by
	// one: the good ones are emitted even if the error tells of a bad one.
	Parse(message []byte, emit func(*market.Update)) error
}

// ErrSkipped reports a message that carries no quote: a heartbeat, an
// acknowledgement, depth, a kind that is not known.
var ErrSkipped = errors.New("no quote in this message")
