package fanout

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"ticker/throttle"
	"ticker/wire"
)

// maxOut is how many bytes of answers may wait for a client before its
// commands are no longer read.
const maxOut = 64 << 10

// ErrPanic is the error of a session whose flush panicked.
var ErrPanic = errors.New("panic in a session")

// Options say how a session's client is reached.
type Options struct {
	Conn    Conn
	Framing Framing
	Codec   wire.Codec
	// Transport is the label of the session's metrics.
	Transport Transport
	// Failed is told, once, that the connection can take no more: an error of
	// Conn, or ErrPanic. The session is closed already. It is called with the
	// session's lock held and must neither block nor call the session.
	Failed func(error)
}

// Session is one client's subscriptions and the way to it.
type Session struct {
	hub  *Hub
	opt  Options
	stat *transportStats

	mu     sync.Mutex
	closed bool
	// blocked says that the client's buffers took less than they were given:
	// a goroutine of this session writes, and nobody else may.
	blocked bool
	allowed allowance
	turns   turns     // who waits for bandwidth
	out     []byte    // framed messages that wait while blocked
	room    sync.Cond // out became short, or the session closed

	lanes    []*lane
	patterns patterns
	entitled Entitlement
	names    int    // slots that are subscribed by name
	counted  int    // names and patterns in the hub's metrics
	known    uint64 // symbols of the roster that patterns were held against
	astray   bool   // a slot stands in another lane than its options say
	taping   bool   // the trades of new symbols are wanted, which the book knows

	ledger    ledger
	wroteAt   time.Duration // when an event or answer was last written
	pingedAt  time.Duration
	heartbeat beat
}

// Open makes a session. The caller closes it.
func (h *Hub) Open(opt Options) *Session {
	s := &Session{hub: h, opt: opt, stat: &h.metrics.transports[opt.Transport]}
	s.room.L = &s.mu
	s.heartbeat.session, s.turns.session = s, s
	s.wroteAt = h.now()
	s.pingedAt = s.wroteAt
	s.stat.sessions.Add(1)
	if opt.Transport != Poll { // which is over before a heart beats twice
		s.heartbeat.schedule()
	}
	return s
}

// Close ends the session: its subscriptions, its registrations, its place in
// the counts. The connection is the caller's to close; a writer of a slow
// client ends with it. Close may be called more than once.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeLocked()
}

func (s *Session) closeLocked() {
	if s.closed {
		return
	}
	s.closed = true
	for _, l := range s.lanes {
		l.disarmLocked()
		for i := range l.slots {
			s.endSlotLocked(&l.slots[i])
		}
		l.slots = nil
	}
	for _, sub := range s.patterns.byStem {
		s.hub.cfg.Audience.Leave(sub.pattern.String())
	}
	s.hub.metrics.subscriptions.Add(-int64(s.counted))
	s.stat.sessions.Add(-1)
	s.lanes, s.patterns, s.out = nil, patterns{}, nil
	s.tapeNewcomersLocked()
	s.turns.waiting, s.turns.fresh = nil, false
	s.room.Broadcast()
}

// endSlotLocked gives up what a slot of a session that ends holds of the book.
func (s *Session) endSlotLocked(sl *slot) {
	if sl.mark.Set() {
		sl.cell.Unmark(sl.mark)
	}
	if sl.named {
		s.hub.cfg.Audience.Leave(string(sl.cell.Symbol()))
		s.hub.book.Release(sl.cell)
	}
}

// failLocked ends the session because of its connection.
func (s *Session) failLocked(err error) {
	if s.closed {
		return
	}
	s.closeLocked()
	s.opt.Failed(err)
}

// survive ends a session whose flush panicked, and nothing else.
func (s *Session) survive() {
	cause := recover()
	if cause == nil {
		return
	}
	s.hub.log.Error("session ended by a panic: report it with this stack",
		"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(ErrPanic)
	s.blocked = false
	s.room.Broadcast()
}

// Send appends one message, framed, behind what waits, and writes it. It
// returns at once, whether the client takes it or not: who sends in answer to
// a client calls WaitRoom before reading on.
func (s *Session) Send(message func(dst []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.wroteAt = s.hub.now()
	s.writeOutLocked(s.frame(s.out, message))
}

// SendFramed is Send for bytes that are a frame already.
func (s *Session) SendFramed(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.writeOutLocked(append(s.out, frame...))
	}
}

// frame appends one framed message, unless that is empty.
func (s *Session) frame(dst []byte, message func([]byte) []byte) []byte {
	start := len(dst)
	opened := s.opt.Framing.Open(dst)
	text := message(opened)
	if len(text) == len(opened) {
		return text[:start]
	}
	dst = s.opt.Framing.Seal(text, start)
	s.turns.spend(len(dst) - start)
	return dst
}

// writeOutLocked writes waiting messages, or leaves them to the writer.
func (s *Session) writeOutLocked(out []byte) {
	s.out = out
	if s.blocked {
		return
	}
	n, err := s.opt.Conn.TryWrite(out)
	switch {
	case err != nil:
		s.failLocked(err)
	case n == len(out):
		s.out = nil
	default:
		// What is half written must go on first, the rest may wait its turn.
		s.out = nil
		s.blockLocked(out[n:])
	}
}

// WaitRoom waits until the answers that wait for the client are few. It
// returns false when the session is closed.
func (s *Session) WaitRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.out) > maxOut && !s.closed {
		s.room.Wait()
	}
	return !s.closed
}

// Waiting returns how many bytes of answers wait for the client.
func (s *Session) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.out)
}

// Cursor returns the place in the book's order up to which the session was
// sent everything it subscribed to.
func (s *Session) Cursor() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, safe := s.safeLocked(nil)
	return s.hub.cursor(safe)
}

// Finish is Close, and tells the cursor as it was then.
func (s *Session) Finish() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, safe := s.safeLocked(nil)
	s.closeLocked()
	return s.hub.cursor(safe)
}

// Symbols returns how many symbols the session is sent, those of patterns included.
func (s *Session) Symbols() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes {
		n += len(l.slots)
	}
	return n
}

func (s *Session) countSubscriptionsLocked() {
	size := s.names + s.patterns.len()
	s.hub.metrics.subscriptions.Add(int64(size - s.counted))
	s.counted = size
}

// laneLocked returns the lane of an interval, made if there is none.
func (s *Session) laneLocked(interval time.Duration) *lane {
	for _, l := range s.lanes {
		if l.pace.Interval() == interval {
			return l
		}
	}
	// What its slots do not send at once, they will have seen to be known.
	l := &lane{session: s, pace: throttle.NewPace(interval), safe: s.hub.book.Safe()}
	s.lanes = append(s.lanes, l)
	return l
}
