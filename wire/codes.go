package wire

import "net/http"

// Code says to a program what was wrong; it stands in error messages, in
// problem documents, and beside refused symbols and quotes.
type Code string

// The error codes.
const (
	// CodeBadMessage: not one object with a known type and a valid id.
	CodeBadMessage Code = "bad_message"
	// CodeBadRequest: a known request with wrong content.
	CodeBadRequest Code = "bad_request"
	// CodeUnknownType, CodeUnknownAction, CodeUnknownResource: a word that this
	// version does not know.
	CodeUnknownType     Code = "unknown_type"
	CodeUnknownAction   Code = "unknown_action"
	CodeUnknownResource Code = "unknown_resource"
	// CodeBadSymbol: a name that is neither a symbol nor a pattern.
	CodeBadSymbol Code = "bad_symbol"
	// CodeTooManySymbols: more entries than a session may have.
	CodeTooManySymbols Code = "too_many_symbols"
	// CodeRateLimited: too many requests in too short a time.
	CodeRateLimited Code = "rate_limited"
	// CodeUnauthorized: no valid credential. CodeForbidden: a valid one that
	// does not cover this.
	CodeUnauthorized Code = "unauthorized"
	CodeForbidden    Code = "forbidden"
	// CodeNotFound: no such symbol or route.
	CodeNotFound Code = "not_found"
	// CodeTooLarge: a body over its limit.
	CodeTooLarge Code = "too_large"
	// CodeTimeout: the answer took too long.
	CodeTimeout Code = "timeout"
	// CodeUnavailable: what is asked for is off or down.
	CodeUnavailable Code = "unavailable"
	// CodeInternal: a fault of the service.
	CodeInternal Code = "internal"
)

// Status returns the HTTP status that carries the code.
func (c Code) Status() int {
	switch c {
	case CodeBadMessage, CodeBadRequest, CodeUnknownType, CodeUnknownAction, CodeUnknownResource,
		CodeBadSymbol, CodeTooManySymbols:
		return http.StatusBadRequest
	case CodeRateLimited:
		return http.StatusTooManyRequests
	case CodeUnauthorized:
		return http.StatusUnauthorized
	case CodeForbidden:
		return http.StatusForbidden
	case CodeNotFound:
		return http.StatusNotFound
	case CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case CodeTimeout:
		return http.StatusGatewayTimeout
	case CodeUnavailable:
		return http.StatusServiceUnavailable
	case CodeInternal:
	}
	return http.StatusInternalServerError
}

// CloseCode is the status with which a WebSocket is closed.
type CloseCode uint16

// The close codes. The first group asks the client to come back, with backoff
// and jitter; the second, not to come back unchanged.
const (
	CloseGoingAway    CloseCode = 1001
	CloseInternal     CloseCode = 1011
	CloseOverloaded   CloseCode = 1013
	CloseTokenExpired CloseCode = 4001
	CloseStalled      CloseCode = 4008

	CloseProtocol     CloseCode = 1002
	CloseDataType     CloseCode = 1003
	CloseBadUTF8      CloseCode = 1007
	ClosePolicy       CloseCode = 1008
	CloseTooLarge     CloseCode = 1009
	CloseUnauthorized CloseCode = 4101
	CloseForbidden    CloseCode = 4103
)

// Reconnect reports whether a client may come back as it is. A code that this
// service does not send comes from something on the way, a proxy or a cut
// line, and is no reason to stay away; of our own range, 4100 to 4199 say to.
func (c CloseCode) Reconnect() bool {
	switch c {
	case CloseGoingAway, CloseInternal, CloseOverloaded, CloseTokenExpired, CloseStalled:
		return true
	case CloseProtocol, CloseDataType, CloseBadUTF8, ClosePolicy, CloseTooLarge,
		CloseUnauthorized, CloseForbidden:
		return false
	}
	return c < 4100 || c > 4199
}

// String returns the reason text that goes with the code in a close frame.
func (c CloseCode) String() string {
	switch c {
	case CloseGoingAway:
		return "going away"
	case CloseInternal:
		return "internal error"
	case CloseOverloaded:
		return "overloaded"
	case CloseTokenExpired:
		return "token expired"
	case CloseStalled:
		return "stalled"
	case CloseProtocol:
		return "protocol error"
	case CloseDataType:
		return "unsupported data type"
	case CloseBadUTF8:
		return "invalid UTF-8"
	case ClosePolicy:
		return "policy violation"
	case CloseTooLarge:
		return "message too large"
	case CloseUnauthorized:
		return "unauthorized"
	case CloseForbidden:
		return "forbidden"
	}
	return "closed"
}
