package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"ticker/market"
	"ticker/wire"
)

const (
	// maxGarbage is how many messages of one connection may make no sense, and
	// how many may come before the welcome.
	maxGarbage = 8
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

var errGarbage = errors.New("too many messages that make no sense")

// counters are the Stats while they are counted, and the number of subscribes
// that were answered.
type counters struct{ connections, messages, bytes, garbage, grants atomic.Uint64 }

// session is one connection from its handshake to its end.
type session struct {
	cfg   *Config
	link  *link
	set   *set
	stats *counters
	calls *calls

	outbox chan []byte   // requests, for the goroutine that writes
	pongs  chan string   // the newest ping that is not answered yet
	broken chan error    // why writing ended
	ended  chan struct{} // closed when nothing is read any more

	welcome wire.Welcome // set before anybody else knows the session

	// What follows belongs to the goroutine that reads.
	cursor  string
	cursors uint64 // how many came
	garbage int
	asked   time.Duration // the wait that the service asks for
}

func newSession(cfg *Config, l *link, wanted *set, stats *counters) *session {
	s := &session{
		cfg: cfg, link: l, set: wanted, stats: stats, calls: newCalls(),
		outbox: make(chan []byte),
		pongs:  make(chan string, 1),
		broken: make(chan error, 1),
		ended:  make(chan struct{}),
	}
	l.onPing(s.pinged)
	return s
}

// run serves the connection until it ends and returns why. It calls greeted
// once the service has said welcome.
func (s *session) run(ctx context.Context, greeted func()) error {
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
	greeted()
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
	return errors.New("no welcome")
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
			if m, err = s.parse(data); err == nil {
				return m, len(data), nil
			}
		}
		s.stats.garbage.Add(1)
		if s.garbage++; s.garbage > maxGarbage {
			return nil, 0, fmt.Errorf("%w, the last: %w", errGarbage, err)
		}
	}
}

func (s *session) parse(data []byte) (wire.Message, error) {
	s.stats.messages.Add(1)
	s.stats.bytes.Add(uint64(len(data)))
	return s.cfg.Codec.ParseMessage(data)
}

// handle does what a message asks for. What this version does not know, and
// what makes no sense at this place, is passed over.
func (s *session) handle(m wire.Message, size int) {
	switch m := m.(type) {
	case *wire.Quotes:
		s.deliver(m, size)
		s.passed(m.Cursor)
	case *wire.Heartbeat:
		s.passed(m.Cursor)
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
	if cursor != "" {
		s.cursor = cursor
		s.cursors++
	}
}

func (s *session) deliver(q *wire.Quotes, size int) {
	s.cfg.OnQuotes(Batch{
		Session:  s.welcome.Session,
		Epoch:    s.welcome.Epoch,
		Grants:   s.stats.grants.Load(),
		Cursor:   q.Cursor,
		Records:  s.named(q.Records),
		Bytes:    size,
		Received: time.Now(),
	})
}

// named drops records that name no symbol, so that nobody else has to look.
// Records are large: one is moved only if another was dropped before it.
func (s *session) named(records []wire.Record) []wire.Record {
	kept := 0
	for i := range records {
		if _, err := market.ParseSymbol(string(records[i].Symbol)); err != nil {
			s.stats.garbage.Add(1)
			continue
		}
		if kept < i {
			records[kept] = records[i]
		}
		kept++
	}
	return records[:kept]
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
