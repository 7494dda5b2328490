package server

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"

	"ticker/fanout"
	"ticker/wire"
)

// Codes that tell how a connection ended and are no word of ours.
const (
	closeNormal   wire.CloseCode = 1000
	closeNoStatus wire.CloseCode = 1005 // a close frame without a code
	closeAbnormal wire.CloseCode = 1006 // no close frame at all
)

// hangUp is the error of a session that has to end, with what the client is
// told; without a reason, the name of the code.
type hangUp struct {
	code   wire.CloseCode
	reason string
}

func (h *hangUp) Error() string { return h.code.String() + ": " + h.reason }

// ending is why a session ends.
type ending struct {
	code   wire.CloseCode // what is counted
	reason string
	silent bool // there is nobody to tell
	failed bool // a write failed, which closed the session already
}

func endWith(code wire.CloseCode) *ending { return &ending{code: code, reason: code.String()} }

// frame returns the close frame that tells it.
func (e *ending) frame() []byte { return appendClose(nil, e.code, e.reason) }

// endingOf judges the error that a session's reading or writing ended with.
func endingOf(err error) *ending {
	var h *hangUp
	switch {
	case errors.As(err, &h):
		return &ending{code: h.code, reason: cmp.Or(h.reason, h.code.String())}
	case errors.Is(err, fanout.ErrStalled), errors.Is(err, syscall.ETIMEDOUT):
		// The kernel, too, gives up a peer that acknowledges nothing.
		return endWith(wire.CloseStalled)
	case errors.Is(err, fanout.ErrPanic):
		return endWith(wire.CloseInternal)
	}
	if code, ok := closeCodeOf(err); ok {
		return &ending{code: code}
	}
	return &ending{code: closeAbnormal, silent: true}
}

// survive, which is deferred, makes of a panic the error that ends a session.
func (s *Server) survive(session string, err *error) {
	if cause := recover(); cause != nil {
		s.log.Error("session ended by a panic: report it with this stack",
			"session", session, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
		*err = fanout.ErrPanic
	}
}
