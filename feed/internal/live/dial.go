package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// dialTimeout bounds the making of a connection, TLS and upgrade included.
	dialTimeout = 10 * time.Second
	// readBuffer holds a few dozen messages, so that a burst takes few reads.
	readBuffer = 32 << 10
	// writeBuffer is little: requests are short, and go out in parts otherwise.
	writeBuffer = 4 << 10
	// maxMessage is the longest message that a venue may send.
	maxMessage = 8 << 20
)

// refusal is an answer to the upgrade that was no upgrade, or a Fatal notice.
type refusal struct {
	reason string
	after  time.Duration
}

func (r *refusal) Error() string { return r.reason }

// RetryAfter returns how long the venue asked to be left alone.
func (r *refusal) RetryAfter() time.Duration { return r.after }

// place is where an endpoint is: its URL without parameters, which may be secret.
func (e *Endpoint) place() string {
	place, _, _ := strings.Cut(e.URL, "?")
	return place
}

// dial opens a WebSocket. Certificates are verified.
func (s *Source) dial(ctx context.Context, e *Endpoint) (*websocket.Conn, error) {
	if err := s.dials.Wait(ctx); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", e.place(), err)
	}
	d := websocket.Dialer{
		NetDialContext: s.cfg.Dial, Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTimeout,
		ReadBufferSize: readBuffer, WriteBufferSize: writeBuffer,
	}
	conn, answer, err := d.DialContext(ctx, e.URL, e.Header) //nolint:bodyclose // It is read already, or the connection's.
	if err == nil {
		conn.SetReadLimit(maxMessage)
		return conn, nil
	}
	if errors.Is(err, websocket.ErrBadHandshake) && answer != nil {
		return nil, fmt.Errorf("connect to %s: %w", e.place(), refusedUpgrade(answer))
	}
	return nil, fmt.Errorf("connect to %s: %w", e.place(), err)
}

// refusedUpgrade tells what the venue answered instead. Retry-After is taken in
// seconds, the form that exchanges use.
func refusedUpgrade(answer *http.Response) error {
	r := &refusal{reason: "answered " + answer.Status}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 1e6 {
		r.after = time.Duration(seconds) * time.Second
		r.reason += fmt.Sprintf(", asks to wait %s", r.after)
	}
	return r
}
