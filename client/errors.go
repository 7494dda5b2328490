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
	// RetryAfter is how long whoever answered asks to wait, 0 if it does not say.
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

// temporary reports whether the same request may succeed later.
func (e *Error) temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500
}

// elsewhere reports whether the refusal is not about what was asked for, but about
// who asked, or where.
func (e *Error) elsewhere() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUpgradeRequired:
		return true
	}
	return e.Code == ""
}

// gateway reports whether something on the way says that nobody answers behind it.
// Nil does not.
func (e *Error) gateway() bool {
	if e == nil || e.Code != "" {
		return false
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// foreignError says that something else than the service answered.
type foreignError string

func (e foreignError) Error() string { return "answer is no " + string(e) }

// unreachableError says that the service could not be reached, or that a gateway could
// not reach it: no transport is to blame.
type unreachableError struct{ error }

// Unwrap returns the reason.
func (e unreachableError) Unwrap() error { return e.error }

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

// final reports whether coming back unchanged is of no use after err, over
// whatever transport.
func final(err error) bool {
	var closed *CloseError
	if errors.As(err, &closed) {
		return !closed.Code.Reconnect()
	}
	var refused *Error
	if errors.As(err, &refused) && refused.Code != "" {
		return refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden
	}
	return errors.Is(err, errSubprotocol)
}

// blocks reports whether err, which is not final and came before a welcome, says
// that the transport does not come through: something on the way refused it, took out what an upgrade needs,
// or answered instead; or the service is too old for it.
func blocks(err error) bool {
	var refused *Error
	if errors.As(err, &refused) {
		return !refused.temporary()
	}
	var foreign foreignError
	return errors.As(err, &foreign)
}

func unreachable(err error) bool {
	var none unreachableError
	return errors.As(err, &none)
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
