package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"ticker/wire"
)

const (
	// writeTimeout bounds one write: a service that takes nothing for so long
	// is gone.
	writeTimeout = 10 * time.Second
	// goodbyeTimeout bounds what is still waited for at the end of a connection:
	// the close frame that is written, or the one that may be there to be read.
	goodbyeTimeout = time.Second
	// maxProblemBytes is what is read of the body of a refusal.
	maxProblemBytes = 4 << 10
)

var (
	errSubprotocol = errors.New("service does not speak the subprotocol")
	errSilent      = errors.New("nothing received for too long")
	errFrameKind   = errors.New("message is of the wrong kind for the codec")
)

// link is one WebSocket connection, and the only place that knows the library
// behind it. One goroutine reads; another one writes; close is for any.
type link struct {
	socket *websocket.Conn
	raw    *patientConn
	kind   int // of the messages, text or binary
	buffer bytes.Buffer
}

// dialLink makes a connection to address and checks that the service speaks
// the codec.
func dialLink(ctx context.Context, cfg *Config, address, token string) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.CommandTimeout, ErrTimeout)
	defer cancel()
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	dialer := newDialer(cfg)
	l := new(link)
	untie := l.tie(dialer)
	socket, response, err := dialer.DialContext(ctx, address, header)
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	switch untied := untie(); {
	case err == nil && untied:
		l.socket = socket
		return l, l.prepare(cfg)
	case err == nil:
		_ = socket.Close()
		return nil, context.Cause(ctx)
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case timedOut(err):
		err = ErrTimeout
	default:
		err = handshakeError(response, err)
	}
	if l.raw == nil {
		return nil, unreachableError{err}
	}
	return nil, err
}

// tie makes the connections of the dialer patient, and closes them when their
// context is done: the library looks at that while it dials, but not during the
// handshake. Untie ends it, and reports whether the connection was left alone.
func (l *link) tie(dialer *websocket.Dialer) (untie func() bool) {
	dial := dialer.NetDialContext
	stop := func() bool { return true }
	dialer.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		l.raw = &patientConn{Conn: conn}
		stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
		return l.raw, nil
	}
	return func() bool { return stop() }
}

func newDialer(cfg *Config) *websocket.Dialer {
	d := &websocket.Dialer{
		NetDialContext:  cfg.NetDial,
		TLSClientConfig: cfg.TLS,
		Subprotocols:    []string{cfg.Codec.Subprotocol()},
	}
	if d.NetDialContext == nil {
		d.NetDialContext = new(net.Dialer).DialContext
		d.Proxy = http.ProxyFromEnvironment
	}
	return d
}

func handshakeError(response *http.Response, err error) error {
	if !errors.Is(err, websocket.ErrBadHandshake) || response == nil {
		return err
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxProblemBytes))
	refused := newError(response, body)
	if refused.Status == http.StatusSwitchingProtocols || refused.Status < 300 {
		return foreignError("WebSocket handshake")
	}
	return refused
}

// prepare sets the connection up once the handshake is done.
func (l *link) prepare(cfg *Config) error {
	got, want := l.socket.Subprotocol(), cfg.Codec.Subprotocol()
	if got != want && (got != "" || cfg.Codec != wire.JSON) {
		l.close()
		return fmt.Errorf("%w %s", errSubprotocol, want)
	}
	l.kind = websocket.TextMessage
	if cfg.Codec == wire.MsgPack {
		l.kind = websocket.BinaryMessage
	}
	l.socket.SetReadLimit(cfg.MaxMessageBytes)
	l.wait(cfg.CommandTimeout)
	return nil
}

// wait sets for how long the connection may stay without a single byte.
func (l *link) wait(patience time.Duration) { l.raw.patience.Store(int64(patience)) }

// hurry ends a read that is under way after a last moment.
func (l *link) hurry() {
	l.wait(goodbyeTimeout)
	_ = l.raw.SetReadDeadline(time.Now().Add(goodbyeTimeout))
}

// onPing sets what is done with the payload of a ping. The library would
// answer it from the goroutine that reads, which then waits for the writer.
func (l *link) onPing(do func(payload string)) {
	l.socket.SetPingHandler(func(payload string) error {
		do(payload)
		return nil
	})
}

// read returns the next message, in a buffer that is good until the next call.
// errFrameKind is an error of that message only, all others of the connection.
func (l *link) read() ([]byte, error) {
	kind, r, err := l.socket.NextReader()
	if err == nil {
		l.buffer.Reset()
		_, err = l.buffer.ReadFrom(r)
	}
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure:
		return nil, &CloseError{Code: wire.CloseCode(closed.Code), Reason: closed.Text}
	case timedOut(err):
		return nil, errSilent
	case err != nil:
		return nil, fmt.Errorf("read connection: %w", err)
	case kind != l.kind:
		return nil, errFrameKind
	}
	return l.buffer.Bytes(), nil
}

func timedOut(err error) bool {
	var failed net.Error
	return errors.As(err, &failed) && failed.Timeout()
}

// write sends one message.
func (l *link) write(message []byte) error {
	if err := l.socket.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("write connection: %w", err)
	}
	if err := l.socket.WriteMessage(l.kind, message); err != nil {
		return fmt.Errorf("write connection: %w", err)
	}
	return nil
}

func (l *link) pong(payload string) error {
	deadline := time.Now().Add(writeTimeout)
	if err := l.socket.WriteControl(websocket.PongMessage, []byte(payload), deadline); err != nil {
		return fmt.Errorf("write pong: %w", err)
	}
	return nil
}

// goodbye sends a close frame, if the connection still takes one.
func (l *link) goodbye() {
	frame := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = l.socket.WriteControl(websocket.CloseMessage, frame, time.Now().Add(goodbyeTimeout))
}

// close ends the connection, and with it what reads and what writes.
func (l *link) close() { _ = l.socket.Close() }

// patientConn gives every read a deadline of its own, so that each byte that
// comes in, of whatever frame, counts as a sign of life.
type patientConn struct {
	net.Conn
	patience atomic.Int64 // nanoseconds; 0 leaves the deadline alone
}

// Read reads, for at most as long as the patience lasts.
func (c *patientConn) Read(p []byte) (int, error) {
	if patience := time.Duration(c.patience.Load()); patience > 0 {
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(p)
}
