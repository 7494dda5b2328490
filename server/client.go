package server

import (
	"bytes"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"ticker/auth"
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
	number uint64 // no other session of the server has it
	line   line
	codec  wire.Codec
	flow   *fanout.Session
	id     string
	opened time.Duration // as Server.now has it

	// Of the goroutine that reads.
	commands *throttle.Commands
	controls *throttle.Commands
	errands  errands
	tries    int // to say who it is

	// parked is when the client was parked, as Server.now has it, or since when it
	// gave no sign of life; 0 while somebody attends to it.
	parked atomic.Int64
	ending atomic.Pointer[ending] // nil while the session lives
	pass
}

// newClient opens a session on a connection that has shaken hands. It sees what the
// grant that it begins with is for, and no other takes that away.
func (s *Server) newClient(number uint64, g *auth.Grant, conn net.Conn, codec wire.Codec) (*client, error) {
	limits := &s.cfg.Limits
	sock, err := newSocket(conn, limits.Stall)
	if err != nil {
		return nil, err
	}
	rate := float64(limits.CommandsPerSecond)
	c := &client{
		srv: s, number: number, codec: codec, id: rand.Text(), opened: s.now(),
		// A client that only listens is heard once a heartbeat, when it answers the ping.
		line:     line{Conn: conn, sock: sock, silence: max(limits.Stall, 5*s.cfg.Heartbeat/2)},
		commands: throttle.NewCommands(rate, limits.CommandBurst),
		controls: throttle.NewCommands(rate, limits.CommandBurst),
	}
	c.flow = s.view(g).hub.Open(fanout.Options{
		Conn: sock, Framing: framingOf(codec), Codec: codec, Transport: fanout.WebSocket,
		Failed: c.failed,
	})
	return c, nil
}

// run begins the session.
func (c *client) run() {
	c.srv.welcome(&c.pass, c.flow, c.codec, c.id)
	if c.stranger() {
		c.await(c)
	}
	c.attend(false)
}

// welcome sends the first event of a session, which from then on has what its grant
// allows.
func (s *Server) welcome(p *pass, flow *fanout.Session, codec wire.Codec, id string) {
	p.turning.Lock()
	defer p.turning.Unlock()
	g := p.granted()
	i, least := s.cfg.Intervals, leastInterval(g)
	limits := s.cfg.Limits.wire()
	limits.Symbols = s.symbolLimit(g)
	text := codec.AppendMessage(nil, &wire.Welcome{
		Session: id, Epoch: s.view(g).hub.Epoch(), Heartbeat: s.cfg.Heartbeat, Limits: limits,
		Interval: wire.Intervals{Default: max(i.Default, least), Min: max(i.Min, least), Max: max(i.Max, least)},
	})
	flow.Entitle(entitlementOf(g), func(dst []byte, _ []string) []byte { return append(dst, text...) })
}

// attend answers messages until the client has nothing more to say for now, or
// the session has to end, which it then does. Due says that there is something
// to be read, or to be found out.
func (c *client) attend(due bool) {
	err := c.read(due)
	if errors.Is(err, errLull) {
		if err = c.park(); err == nil {
			return // and somebody else may attend to it already
		}
	}
	c.end(endingOf(err))
	c.hangUp()
	c.srv.clients.remove(c.number)
}

// read takes messages until there are none, or the session has to end, and
// returns why.
func (c *client) read(due bool) (err error) {
	defer c.srv.survive(c.id, &err)
	r, err := c.srv.takeReader()
	if err != nil {
		return err
	}
	r.serve(&c.line, c.codec, c.takeControl)
	r.lulls, r.due = c.mayPark(), due
	for c.flow.WaitRoom() {
		r.frames.SetReadLimit(int64(c.messageLimit()))
		if err := c.readOne(r); err != nil {
			c.srv.leaveReader(r, err)
			return err
		}
	}
	return nil // whoever closed the session has said why
}

// readOne reads one message and answers it.
func (c *client) readOne(r *reader) error {
	message, err := r.next()
	if err != nil {
		return err
	}
	text := c.srv.takeBuffer()
	defer c.srv.giveBack(text)
	if err := r.collect(message, text); err != nil {
		return err
	}
	return c.serve(text.Bytes())
}

// takeControl answers a ping. Pings and pongs are limited like commands; those
// beyond the limit are not answered, and too many of them end the session.
func (c *client) takeControl(opcode byte, payload string) error {
	verdict := c.controls.Judge(c.srv.now())
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
// frame goes out behind what waits, and the goroutine that attends to the client
// does the rest. It does not wait.
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
	c.wake()
}

// failed ends the session after a write that failed. The session's lock is held.
func (c *client) failed(err error) {
	e := endingOf(err)
	e.failed = true
	c.ending.CompareAndSwap(nil, e)
	c.line.interrupt()
	c.wake()
}

// hangUp sees the last frame off and closes the connection.
func (c *client) hangUp() {
	e := c.ending.Load()
	c.drop()
	until := time.Now().Add(linger)
	overdue := time.AfterFunc(linger, c.cut)
	defer overdue.Stop()
	c.errands.cancel()
	defer c.errands.running.Wait()
	c.flow.WaitSent()
	told := !e.silent
	if e.failed {
		told = told && c.line.sock.LastWords(e.frame())
	}
	if half, ok := c.line.Conn.(halfCloser); ok && told && half.CloseWrite() == nil {
		c.line.discard(until)
	}
	c.cut()
	c.srv.metrics.closed(e.code)
	c.srv.log.Debug("session ended", slog.String("session", c.id), slog.Int("code", int(e.code)),
		slog.String("reason", e.reason), slog.Duration("age", c.srv.now()-c.opened))
}

// halfCloser is a connection that can be ended in one direction.
type halfCloser interface{ CloseWrite() error }

// cut closes the connection.
func (c *client) cut() {
	_ = bottom(c.line.Conn).Close() // one that fails to close is closed
	c.wake()
}

// takeReader returns a reader that serves nobody.
func (s *Server) takeReader() (*reader, error) {
	if r, ok := s.readers.Get().(*reader); ok {
		return r, nil
	}
	return newReader(s.cfg.Limits.MessageBytes)
}

// leaveReader keeps a reader for others unless its error was its last.
func (s *Server) leaveReader(r *reader, err error) {
	if errors.Is(err, errLull) {
		r.leave()
		s.readers.Put(r)
	}
}

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
