package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ticker/wire"
)

const (
	// heartbeats is how many of the service's heartbeats may be missed, and
	// defaultHeartbeat is that of a service that does not tell; a shorter one
	// than minHeartbeat, or a longer one than maxHeartbeat, is a mistake.
	heartbeats       = 2
	defaultHeartbeat = 15 * time.Second
	minHeartbeat     = 500 * time.Millisecond
	maxHeartbeat     = 5 * time.Minute
	// refusalPause is the wait before a subscribe that was refused for the
	// moment is sent again.
	refusalPause = time.Second
)

// session is one connection over WebSocket, from its handshake to its end.
type session struct {
	inbox
	link  *link
	calls *calls

	outbox chan []byte   // requests, for the goroutine that writes
	pongs  chan string   // the newest ping that is not answered yet
	broken chan error    // why writing ended
	ended  chan struct{} // closed when nothing is read any more

	welcome wire.Welcome // set before anybody else knows the session

	// What follows belongs to the goroutine that reads.
	cursor  string
	cursors uint64 // how many came
	modes   modes
	garbage garbage
	asked   time.Duration // the wait that the service asks for
}

func newSession(in inbox, l *link) *session {
	s := &session{
		inbox: in, link: l, calls: newCalls(),
		outbox: make(chan []byte),
		pongs:  make(chan string, 1),
		broken: make(chan error, 1),
		ended:  make(chan struct{}),
	}
	l.onPing(s.pinged)
	return s
}

// run implements connection.
func (s *session) run(ctx context.Context, greeted func(wire.Welcome)) loss {
	err := s.serve(ctx, greeted)
	s.set.rewind(s.cursor, s.cursors)
	return loss{err: err, asked: s.asked}
}

// serve returns why the connection ended.
func (s *session) serve(ctx context.Context, greeted func(wire.Welcome)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var workers sync.WaitGroup
	written, closed := make(chan struct{}), make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(closed)
		s.closeAfter(written)
	})
	defer func() {
		close(s.ended)
		cancel(nil)
		<-closed
		workers.Wait()
	}()
	workers.Go(func() {
		defer close(written)
		s.write(ctx)
	})
	if err := s.greet(); err != nil {
		return s.reason(ctx, err)
	}
	greeted(s.welcome)
	workers.Go(func() {
		if err := s.follow(ctx); err != nil {
			cancel(err)
		}
	})
	return s.reason(ctx, s.read())
}

// closeAfter closes the connection when the last thing is written, or when it
// took too long.
func (s *session) closeAfter(written <-chan struct{}) {
	select {
	case <-written:
	case <-time.After(goodbyeTimeout):
	}
	s.link.close()
}

// reason chooses among what went wrong: whoever ended the session knows why,
// and a close frame that comes back then is only an echo; otherwise what the
// service said counts more than that it could not be written to.
func (s *session) reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var closed *CloseError
	if errors.As(err, &closed) {
		return err
	}
	select {
	case err = <-s.broken:
	default:
	}
	return err
}

// write is the only writer of the connection. When it fails, what the service
// may have said before it hung up is still worth reading.
func (s *session) write(ctx context.Context) {
	for {
		var err error
		select {
		case <-ctx.Done():
			s.link.goodbye()
			return
		case payload := <-s.pongs:
			err = s.link.pong(payload)
		case message := <-s.outbox:
			err = s.link.write(message)
		}
		if err != nil {
			s.broken <- err
			s.link.hurry()
			return
		}
	}
}

// pinged keeps the payload for the writer, and only the newest: a pong answers
// all pings before it.
func (s *session) pinged(payload string) {
	select {
	case <-s.pongs:
	default:
	}
	s.pongs <- payload
}

// greet reads the welcome.
func (s *session) greet() error {
	for range maxGarbage {
		m, _, err := s.next()
		if err != nil {
			return err
		}
		if w, ok := m.(*wire.Welcome); ok {
			s.welcome = *w
			s.link.wait(heartbeats * heartbeatOf(w))
			return nil
		}
	}
	return errNoWelcome
}

func heartbeatOf(w *wire.Welcome) time.Duration {
	if w.Heartbeat <= 0 {
		return defaultHeartbeat
	}
	return min(max(w.Heartbeat, minHeartbeat), maxHeartbeat)
}

func (s *session) read() error {
	for {
		m, size, err := s.next()
		if err != nil {
			return err
		}
		s.handle(m, size)
	}
}

// next returns the next message that makes sense, and its length. The error is
// the end of the connection.
func (s *session) next() (wire.Message, int, error) {
	for {
		data, err := s.link.read()
		if err != nil && !errors.Is(err, errFrameKind) {
			return nil, 0, err
		}
		if err == nil {
			var m wire.Message
			if m, err = s.parse(s.cfg.Codec, data); err == nil {
				return m, len(data), nil
			}
		}
		if err = s.garbage.add(&s.inbox, err); err != nil {
			return nil, 0, err
		}
	}
}

// handle does what a message asks for. What this version does not know, and
// what makes no sense at this place, is passed over.
func (s *session) handle(m wire.Message, size int) {
	switch m := m.(type) {
	case *wire.Quotes:
		s.modes.complete(m.Records)
		s.deliver(&s.welcome, m, size)
		s.passed(m.Cursor)
	case *wire.Heartbeat:
		s.passed(m.Cursor)
	case *wire.Removed:
		s.modes.removed(m.Symbols)
	case *wire.Draining:
		s.asked = m.ReconnectAfter
	case *wire.Response:
		s.calls.answer(m.ID, answer{response: m})
	case *wire.Pong:
		s.calls.answer(m.ID, answer{})
	case *wire.Error:
		s.calls.answer(m.ID, answer{err: m})
	}
}

// passed notes a cursor. It covers everything that was delivered before.
func (s *session) passed(cursor string) {
	if isCursor(cursor) {
		s.cursor = cursor
		s.cursors++
	}
}

// do implements connection.
func (s *session) do(ctx context.Context, body wire.Body, into wire.Result) error {
	a, err := s.call(ctx, body, nil)
	switch {
	case err != nil:
		return err
	case a.err != nil:
		return a.err
	case into == nil:
		return nil
	case a.response == nil:
		return errAnswerKind
	}
	return a.response.Decode(into)
}

// call sends a request and waits for its answer.
func (s *session) call(ctx context.Context, body wire.Body, take func(answer)) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.CommandTimeout, ErrTimeout)
	defer cancel()
	id, opened, err := s.calls.open(ctx, take)
	if err != nil {
		return answer{}, err
	}
	defer s.calls.close(id)
	message := s.cfg.Codec.AppendRequest(nil, wire.Request{ID: id, Body: body})
	if limit := s.welcome.Limits.MessageBytes; limit > 0 && len(message) > limit {
		text := fmt.Sprintf("request has %d bytes, the service takes %d", len(message), limit)
		return answer{}, &wire.Error{ID: id, Code: wire.CodeTooLarge, Message: text}
	}
	select {
	case s.outbox <- message:
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	case <-s.ended:
		return answer{}, ErrDisconnected
	}
	select {
	case a := <-opened.reply:
		return a, nil
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	case <-s.ended:
	}
	select {
	case a := <-opened.reply: // the last thing that was read
		return a, nil
	default:
		return answer{}, ErrDisconnected
	}
}
