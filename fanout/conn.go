package fanout

import "errors"

// Conn carries a session's bytes to its client. Calls come one at a time.
type Conn interface {
	// TryWrite writes as much of p as can be written without waiting. Fewer
	// bytes than p has, and no error, means that the rest would wait.
	TryWrite(p []byte) (int, error)
	// Wait waits until something can be written.
	Wait() error
	// Write writes all of p and waits for as long as that takes.
	Write(p []byte) error
}

// Framing is how a transport marks off its messages.
type Framing interface {
	// Open appends the room for a header.
	Open(dst []byte) []byte
	// Seal completes the message whose Open began at dst[start].
	Seal(dst []byte, start int) []byte
	// Ping appends a sign of life that asks for one, if the transport has it.
	Ping(dst []byte) []byte
}

// ErrStalled is the error of a Conn whose peer acknowledged nothing for longer
// than its limit.
var ErrStalled = errors.New("the client acknowledged nothing for too long")
