package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"ticker/feed"
	"ticker/market"
)

// byeTimeout bounds the writing of a close frame.
const byeTimeout = time.Second

// errEnded is why a session ends that was told to.
var errEnded = errors.New("ended")

// session is one WebSocket connection.
type session struct {
	line     *line
	endpoint *Endpoint
	limits   Limits
	conn     *websocket.Conn
	dialect  Dialect
	parser   feed.Parser
	marker   Marker // the parser, if it is one
	began    time.Time
	heard    atomic.Int64 // reading of the clock when the venue was heard last
	kick     chan struct{}
	settled  chan struct{} // closed when the venue answered for all that was wanted first
	leaving  chan struct{} // closed when the venue said that it will end the connection
	emit     func(*market.Update)

	mu      sync.Mutex
	desk    *desk
	ready   bool     // requests may be made
	left    bool     // leaving is closed
	calm    bool     // settled is closed
	replies [][]byte // to be written before anything else
	pong    *string  // payload of the ping to answer; only the newest counts
	counted int      // streams that the gauge has of this session
}

// maxReplies bounds the replies that wait to be written.
const maxReplies = 16

// open makes a connection and starts nothing on it.
func (l *line) open(ctx context.Context, e *Endpoint) (*session, error) {
	conn, err := l.source.dial(ctx, e)
	if err != nil {
		return nil, err
	}
	limits := l.source.venue.Limits
	dialect, parser := e.Speak()
	s := &session{
		line: l, endpoint: e, limits: limits, conn: conn, dialect: dialect, parser: parser,
		began: time.Now(), kick: make(chan struct{}, 1), settled: make(chan struct{}), leaving: make(chan struct{}),
		desk: newDesk(limits), ready: !limits.Greets, emit: l.update,
	}
	s.marker, _ = parser.(Marker)
	conn.SetPingHandler(s.pinged)
	conn.SetPongHandler(s.ponged)
	return s, nil
}

func (s *session) now() time.Duration { return time.Since(s.began) }

func (s *session) hear() { s.heard.Store(int64(s.now())) }

// run reads and writes until the connection ends, and returns why.
func (s *session) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	var silent error
	g.Go(func() error { return survive(s.read) })
	g.Go(func() error {
		err := survive(func() error { return newScribe(s).run(ctx) })
		if errors.Is(err, feed.ErrSilent) {
			silent = err
		}
		s.hangUp(err)
		return err
	})
	err := g.Wait()
	if silent != nil {
		err = silent // the read, which may have been first, ended for that
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line.source.cfg.Count.Streams(-s.counted)
	s.counted = 0
	return err
}

// survive returns a panic of what a venue's parser or dialect did as an error: it costs
// the connection, and nothing else.
func survive(run func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = feed.Recovered(v)
		}
	}()
	return run()
}

// hangUp ends the connection, and with it the read. The venue is told if there is
// nothing wrong; its answer is not waited for.
func (s *session) hangUp(why error) {
	if errors.Is(why, errEnded) {
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = s.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(byeTimeout))
	}
	_ = s.conn.Close()
}

// read reads messages until the connection ends.
func (s *session) read() error {
	var message []byte
	for {
		_, r, err := s.conn.NextReader()
		if err == nil {
			message, err = readAll(message[:0], r)
		}
		if err != nil {
			return s.readError(err)
		}
		s.hear()
		if err := s.message(message); err != nil {
			return err
		}
	}
}

// readAll appends what a reader has.
func readAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// readError tells how a connection ended that was read to its end.
func (s *session) readError(err error) error {
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		return fmt.Errorf("closed by %s with %d %q", s.endpoint.place(), closed.Code, closed.Text)
	}
	return fmt.Errorf("read from %s: %w", s.endpoint.place(), err)
}

// message takes one message of the venue.
func (s *session) message(message []byte) error {
	if tap := s.line.source.cfg.Tap; tap != nil {
		tap.Message(message)
	}
	err := s.line.parse(s, message)
	if !errors.Is(err, feed.ErrSkipped) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judgeLocked(s.dialect.Judge(message))
}

// judgeLocked acts upon what a message means.
func (s *session) judgeLocked(n Notice) error {
	if n.Reply != nil && len(s.replies) < maxReplies {
		s.replies = append(s.replies, n.Reply)
		s.wake()
	}
	switch n.Meaning {
	case Nothing:
		return nil
	case Ready:
		s.ready = true
	case Granted:
		s.desk.grant(s.desk.about(n))
	case Ended:
		s.desk.end(s.desk.about(n))
	case Whole:
		s.desk.whole(n.Streams)
	case Refused:
		s.refusedLocked(n)
	case Throttled:
		s.desk.throttle(s.now())
		s.line.throttled(n.Reason)
	case Behind:
		s.desk.behind(s.desk.about(n))
	case Leaving:
		if !s.left {
			s.left = true
			close(s.leaving)
		}
	case Fatal:
		return &refusal{reason: s.line.source.venue.Name + " says: " + n.Reason, after: n.RetryAfter}
	}
	s.wake()
	return nil
}

func (s *session) refusedLocked(n Notice) {
	about := s.desk.about(n)
	if len(about) == 0 {
		s.line.complained(n.Reason)
		return
	}
	if alone := s.desk.refuse(about); len(alone) > 0 {
		s.line.refused(alone, n.Reason)
	}
}

// wake has the writer look what there is to do.
func (s *session) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// pinged hands a ping to the writer: an answer from here could stall the read.
func (s *session) pinged(payload string) error {
	s.hear()
	s.mu.Lock()
	s.pong = &payload
	s.mu.Unlock()
	s.wake()
	return nil
}

func (s *session) ponged(string) error {
	if !s.limits.Heartbeats {
		s.hear()
		s.line.alive()
	}
	return nil
}
