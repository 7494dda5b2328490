package server

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"ticker/fanout"
	"ticker/throttle"
	"ticker/wire"
)

const (
	// linger is how long the end of a session may take: to write the close
	// frame, and to wait for the client to end its half of the connection.
	linger = time.Second
	// maxPongs is how many bytes may wait for a client for its pings still to be
	// answered. A client that pings and does not read needs no answer.
	maxPongs = 4 << 10
	// maxKeptBuffer is the largest buffer of a message that is used again.
	maxKeptBuffer = 64 << 10
)

// client is one session over WebSocket, seen from the edge.
type client struct {
	srv    *Server
	line   *line
	sock   socket
	codec  wire.Codec
	flow   *fanout.Session
	id     string
	opened time.Time

	// Of the goroutine that reads.
	commands *throttle.Commands
	controls *throttle.Commands

	ending atomic.Pointer[ending] // nil while the session lives
}

// newClient opens a session on a line that has shaken hands.
func (s *Server) newClient(l *line, codec wire.Codec) (*client, error) {
	limits := &s.cfg.Limits
	sock, err := newSocket(l.Conn, limits.Stall)
	if err != nil {
		return nil, err
	}
	rate := float64(limits.CommandsPerSecond)
	c := &client{
		srv: s, line: l, sock: sock, codec: codec, id: rand.Text(), opened: time.Now(),
		commands: throttle.NewCommands(rate, limits.CommandBurst),
		controls: throttle.NewCommands(rate, limits.CommandBurst),
	}
	// A client that only listens is heard once a heartbeat, when it answers the ping.
	l.attach(sock, max(limits.Stall, 5*s.cfg.Heartbeat/2), limits.MessageBytes)
	l.limit(limits.MessageBytes, c.takeControl)
	c.flow = s.cfg.Hub.Open(fanout.Options{
		Conn: sock, Framing: framingOf(codec), Codec: codec, Transport: fanout.WebSocket,
		Failed: c.failed,
	})
	return c, nil
}

// run is the life of the session.
func (c *client) run() {
	c.send(&wire.Welcome{
		Session: c.id, Epoch: c.srv.cfg.Book.Epoch(), Heartbeat: c.srv.cfg.Heartbeat,
		Interval: wire.Intervals(c.srv.cfg.Intervals), Limits: c.srv.cfg.Limits.wire(),
	})
	c.end(endingOf(c.read()))
	c.hangUp()
}

// read takes messages until the session has to end, and returns why.
func (c *client) read() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.srv.log.Error("session ended by a panic: report it with this stack",
				"session", c.id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = fanout.ErrPanic
		}
	}()
	for c.flow.WaitRoom() {
		if err := c.readOne(); err != nil {
			return err
		}
	}
	return nil // whoever closed the session has said why
}

// readOne reads one message and answers it.
func (c *client) readOne() error {
	message, err := c.line.next()
	if err != nil {
		return err
	}
	text := c.srv.takeBuffer()
	defer c.srv.giveBack(text)
	if _, err := text.ReadFrom(message); err != nil {
		return c.line.explain(err)
	}
	if c.codec == wire.JSON && !utf8.Valid(text.Bytes()) {
		return &hangUp{code: wire.CloseBadUTF8}
	}
	return c.serve(text.Bytes())
}

// takeControl answers a ping. Pings and pongs are limited like commands; those
// beyond the limit are not answered, and too many of them end the session.
func (c *client) takeControl(opcode byte, payload string) error {
	verdict := c.controls.Judge(time.Since(c.opened))
	switch {
	case verdict == throttle.HangUp:
		return &hangUp{wire.ClosePolicy, "too many control frames"}
	case verdict == throttle.Pass && opcode == opPing && c.flow.Waiting() <= maxPongs:
		c.flow.SendFramed(appendPong(nil, payload))
	}
	return nil
}

// send sends one message, encoded before the session's lock is taken.
func (c *client) send(m wire.Message) {
	text := c.codec.AppendMessage(nil, m)
	c.flow.Send(func(dst []byte) []byte { return append(dst, text...) })
}

// end ends the session. The first reason stands, whoever gives it: its close
// frame goes out behind what waits, and the goroutine that reads does the rest.
// It does not wait.
func (c *client) end(e *ending) {
	if !c.ending.CompareAndSwap(nil, e) {
		e = c.ending.Load()
	}
	if e.silent {
		c.flow.Close()
	} else {
		c.flow.CloseAfter(e.frame())
	}
	c.line.interrupt()
}

// failed ends the session after a write that failed. The session's lock is held.
func (c *client) failed(err error) {
	e := endingOf(err)
	e.failed = true
	c.ending.CompareAndSwap(nil, e)
	c.line.interrupt()
}

// hangUp sees the last frame off and closes the connection.
func (c *client) hangUp() {
	e := c.ending.Load()
	until := time.Now().Add(linger)
	overdue := time.AfterFunc(linger, c.cut)
	defer overdue.Stop()
	c.flow.WaitSent()
	told := !e.silent
	if e.failed {
		told = told && c.sock.LastWords(e.frame())
	}
	if half, ok := c.line.Conn.(halfCloser); ok && told && half.CloseWrite() == nil {
		c.line.discard(until)
	}
	c.cut()
	c.srv.metrics.closed(e.code)
	c.srv.log.Debug("session ended", slog.String("session", c.id), slog.Int("code", int(e.code)),
		slog.String("reason", e.reason), slog.Duration("age", time.Since(c.opened)))
}

// halfCloser is a connection that can be ended in one direction.
type halfCloser interface{ CloseWrite() error }

// cut closes the connection. One that fails to close is closed.
func (c *client) cut() { _ = bottom(c.line.Conn).Close() }

// takeBuffer returns an empty buffer for a message.
func (s *Server) takeBuffer() *bytes.Buffer {
	if b, ok := s.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

func (s *Server) giveBack(b *bytes.Buffer) {
	if b.Cap() <= maxKeptBuffer {
		b.Reset()
		s.buffers.Put(b)
	}
}
