package live

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"ticker/feed"
)

// writeTimeout bounds one write; a connection that takes longer is finished.
const writeTimeout = 5 * time.Second

// scribe is the goroutine of a session that writes and keeps time.
type scribe struct {
	*session
	pace    *rate.Limiter
	pings   uint64
	ping    time.Duration // when the next ping is due
	changed <-chan struct{}
}

func newScribe(s *session) *scribe {
	return &scribe{
		session: s, pace: rate.NewLimiter(s.limits.Requests, s.limits.RequestBurst),
		ping: s.now() + s.limits.Silence/3,
	}
}

// run writes what is due until ctx is done or the connection is no good.
func (s *scribe) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return errEnded
		case <-s.kick:
		case <-s.changed:
		case <-timer.C:
		}
		next, err := s.look()
		if err != nil {
			return err
		}
		timer.Reset(max(0, next-s.now()))
	}
}

// look does what is due and returns when to look again.
func (s *scribe) look() (next time.Duration, err error) {
	s.listen()
	silent := time.Duration(s.heard.Load()) + s.limits.Silence
	if s.now() >= silent {
		return 0, fmt.Errorf("%w from %s for %s", feed.ErrSilent, s.endpoint.place(), s.limits.Silence)
	}
	if err := s.reply(); err != nil {
		return 0, err
	}
	if err := s.pingIfDue(); err != nil {
		return 0, err
	}
	again, err := s.requests()
	return min(silent, s.ping, again), err
}

// listen takes what is wanted to the desk, if that has changed.
func (s *scribe) listen() {
	if s.changed != nil {
		select {
		case <-s.changed:
		default:
			return
		}
	}
	natives, changed := s.line.wants.get()
	s.changed = changed
	var streams []Stream
	for _, native := range natives {
		streams = append(streams, s.dialect.Streams(native)...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.desk.want(streams)
}

// reply writes what the venue waits for.
func (s *scribe) reply() error {
	s.mu.Lock()
	replies, pong := s.replies, s.pong
	s.replies, s.pong = nil, nil
	s.mu.Unlock()
	for _, r := range replies {
		if err := s.write(r); err != nil {
			return err
		}
	}
	if pong == nil {
		return nil
	}
	s.pace.Reserve()
	return s.control(websocket.PongMessage, *pong)
}

// pingIfDue pings at a third of the limit of silence. Pings count against the
// pace, and do not wait for it.
func (s *scribe) pingIfDue() error {
	now := s.now()
	if now < s.ping {
		return nil
	}
	s.ping = now + s.limits.Silence/3
	s.pings++
	s.mu.Lock()
	message := s.dialect.Ping(s.pings)
	s.mu.Unlock()
	if message == nil {
		s.pace.Reserve()
		return s.control(websocket.PingMessage, "")
	}
	return s.write(message)
}

// requests makes the requests that are due and that the pace allows. It returns
// when there may be another.
func (s *scribe) requests() (next time.Duration, err error) {
	for {
		now := s.now()
		message, next, err := s.draw(now)
		if message == nil || err != nil {
			return next, err
		}
		if err := s.write(message); err != nil {
			return 0, err
		}
	}
}

// draw draws up one request, if one is due and allowed, and returns when to come
// back if not.
func (s *scribe) draw(now time.Duration) (message []byte, next time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reportLocked()
	if !s.ready {
		if now >= s.limits.Answer {
			return nil, 0, fmt.Errorf("%s did not greet within %s", s.endpoint.place(), s.limits.Answer)
		}
		return nil, s.limits.Answer, nil
	}
	if err := s.desk.overdue(now); err != nil {
		return nil, 0, err
	}
	at, ok := s.desk.due()
	if !ok {
		return nil, now + time.Hour, nil
	}
	if at > now {
		return nil, at, nil
	}
	if allowed := s.pace.Tokens() >= 1; !allowed {
		return nil, now + s.until(), nil
	}
	r, ok := s.desk.next(now)
	if !ok {
		return nil, now + time.Hour, nil
	}
	return s.dialect.Request(r), 0, nil
}

// until returns how long it takes until the pace allows another message.
func (s *scribe) until() time.Duration {
	lacking := 1 - s.pace.Tokens()
	return time.Duration(lacking / float64(s.limits.Requests) * float64(time.Second))
}

// reportLocked tells others how far the subscriptions are.
func (s *scribe) reportLocked() {
	n := s.desk.subscribed()
	s.line.source.cfg.Count.Streams(n - s.counted)
	s.counted = n
	if s.ready && !s.calm && s.desk.settled() {
		s.calm = true
		close(s.settled)
	}
}

// write writes one message, and takes it from the pace.
func (s *scribe) write(message []byte) error {
	s.pace.Reserve()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("write to %s: %w", s.endpoint.place(), err)
	}
	kind := websocket.TextMessage
	if !utf8.Valid(message) {
		kind = websocket.BinaryMessage // a text frame may hold nothing but text
	}
	if err := s.conn.WriteMessage(kind, message); err != nil {
		return fmt.Errorf("write to %s: %w", s.endpoint.place(), err)
	}
	return nil
}

func (s *scribe) control(kind int, payload string) error {
	if err := s.conn.WriteControl(kind, []byte(payload), time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("write to %s: %w", s.endpoint.place(), err)
	}
	return nil
}
