package feed

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"ticker/market"
)

// ErrSilent is why a connection ended of which nothing was heard for too long. A
// Source that judges that by itself returns an error that wraps it.
var ErrSilent = errors.New("nothing heard")

// Why a connection ended, other than by an error of its source.
var (
	errReturned = errors.New("the source ended it")
	errGarbage  = errors.New("mostly garbage")
	errStuck    = errors.New("stuck in the past")
)

// panicError is a panic of a source, as the error of its connection.
type panicError struct {
	value any
	stack []byte
}

// Recovered makes the error of a connection of what recover returned, in a deferred
// function of a goroutine of the source's own. It is nil for nil.
func Recovered(value any) error {
	if value == nil {
		return nil
	}
	return &panicError{value: value, stack: debug.Stack()}
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// verdict picks the error that tells why a connection ended. A source that was
// told to end knows no more than that it was, so what it was ended for goes
// before what it returned; a panic goes before both.
func verdict(returned, cause error) error {
	var p *panicError
	switch {
	case errors.As(returned, &p):
		return returned
	case errors.Is(cause, ErrSilent), errors.Is(cause, errGarbage), errors.Is(cause, errStuck):
		return cause
	case returned == nil:
		return errReturned
	}
	return returned
}

// ending is the kind of an end, as a label.
type ending uint8

const (
	byReturn ending = iota
	byError
	byPanic
	bySilence
	byGarbage
	byPast
	numEndings
)

func (e ending) String() string {
	switch e {
	case byReturn:
		return "returned"
	case byError:
		return "error"
	case byPanic:
		return "panic"
	case bySilence:
		return "silent"
	case byGarbage:
		return "garbage"
	case byPast:
		return "past"
	case numEndings:
	}
	return "unknown"
}

func endingOf(err error) ending {
	var p *panicError
	switch {
	case errors.Is(err, errReturned):
		return byReturn
	case errors.Is(err, ErrSilent):
		return bySilence
	case errors.Is(err, errGarbage):
		return byGarbage
	case errors.Is(err, errStuck):
		return byPast
	case errors.As(err, &p):
		return byPanic
	}
	return byError
}

// staleness is what the book is told about the symbols.
func (e ending) staleness() market.Reason {
	if e == bySilence {
		return market.Silent
	}
	return market.Disconnected
}

func (l *line) logEnd(why ending, err error, wait time.Duration) {
	log := l.log
	var p *panicError
	if errors.As(err, &p) {
		log = log.With("stack", string(p.stack))
	}
	log.Warn("feed disconnected", slog.String("reason", why.String()),
		slog.Any("error", err), slog.Duration("next_try_in", wait))
}
