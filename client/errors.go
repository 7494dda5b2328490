package client

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ticker/wire"
)

// Reasons for which a call fails that do not come from the service. A request
// that the service refuses fails with a *wire.Error.
var (
	// ErrTimeout: the service did not answer in time.
	ErrTimeout = errors.New("no answer in time")
	// ErrDisconnected: the connection ended between the request and its answer.
	ErrDisconnected = errors.New("connection ended before the answer")
	// ErrEnded: Run has returned.
	ErrEnded = errors.New("client has ended")
)

// Error is a refusal over HTTP: of a handshake, or of a single question.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is empty if the answer was no problem document of the service: then
	// it may come from a proxy on the way.
	Code wire.Code
	// Message is for people.
	Message string
	// RetryAfter is how long the service asks to wait, 0 if it does not.
	RetryAfter time.Duration
}

// Error returns the status, the code and the message.
func (e *Error) Error() string {
	text := strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
	if e.Code != "" {
		text = string(e.Code)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// temporary reports whether the same handshake may succeed later.
func (e *Error) temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500
}

// CloseError is the end of a connection by the service.
type CloseError struct {
	Code wire.CloseCode
	// Reason is the text of the close frame.
	Reason string
}

// Error returns the code and the reason.
func (e *CloseError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = e.Code.String()
	}
	return fmt.Sprintf("closed by the service: %d %s", e.Code, reason)
}

// maxRetryAfter bounds what is read from a header, so that seconds fit a
// duration.
const maxRetryAfter = 24 * time.Hour

// newError makes an Error of an answer and what could be read of its body.
func newError(response *http.Response, body []byte) *Error {
	e := &Error{Status: response.StatusCode}
	if p, err := wire.ParseProblem(body); err == nil {
		e.Code, e.Message = p.Code, p.Detail
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = min(time.Duration(min(seconds, 1e6))*time.Second, maxRetryAfter)
	}
	return e
}

// final reports whether coming back unchanged is of no use after err.
func final(err error) bool {
	var closed *CloseError
	if errors.As(err, &closed) {
		return !closed.Code.Reconnect()
	}
	var refused *Error
	if errors.As(err, &refused) {
		return !refused.temporary()
	}
	return errors.Is(err, errSubprotocol)
}

// temporary reports whether a request that was refused with err may be granted
// a moment later.
func temporary(err *wire.Error) bool {
	switch err.Code {
	case wire.CodeRateLimited, wire.CodeTimeout, wire.CodeUnavailable, wire.CodeInternal:
		return true
	default:
		return false
	}
}
