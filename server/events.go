package server

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"ticker/auth"
	"ticker/fanout"
	"ticker/wire"
)

// maxChatter is what a client of an event stream may send behind its request,
// which nobody reads.
const maxChatter = 64 << 10

// getEvents serves GET /v1/sse: a session over Server-Sent Events, whose only
// subscribe is in its URL. It takes the connection over, so that a slow client is
// treated as one over WebSocket: by writes that never wait, and by what the kernel
// holds.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) *wire.Problem {
	if !s.origins().permit(r) {
		return errOrigin()
	}
	place, p := s.seatNewcomer(w, r)
	if p != nil {
		return p
	}
	defer place.leave()
	g, p := s.admit(w, r)
	if p == nil {
		p = s.takeRequest(w, r, g)
	}
	if p != nil {
		return p
	}
	wish, refusal := s.eventsWish(r, g)
	if refusal != nil {
		return problemOf(refusal)
	}
	if p = s.charge(w, place, g); p == nil {
		p = s.lookOverHTTP(w, g)
	}
	if p != nil {
		return p
	}
	_ = s.reach(r.Context(), g, wish.Symbols...) // what cannot be fetched now is pending
	conn, err := takeOver(w)
	if err != nil {
		s.log.Debug("event stream failed", "remote", r.RemoteAddr, "error", err)
		return wire.NewProblem(wire.CodeUnavailable, "an event stream needs HTTP/1")
	}
	e, err := s.newEvents(place.number, g, conn, wish)
	if err != nil {
		s.log.Warn("event stream failed", "remote", r.RemoteAddr, "error", errors.Join(err, conn.Close()))
		return nil
	}
	e.flow.SendFramed(eventsHead(w.Header())) // before anybody can end the session
	e.hold(e, g)
	s.clients.start(place, e)
	return nil
}

// eventsWish is what a request for events asks for.
type eventsWish struct {
	*wire.Subscribe
	bandwidth int64
}

func (s *Server) eventsWish(r *http.Request, g *auth.Grant) (wish eventsWish, refusal *wire.Error) {
	q, refusal := s.queryOf(r, eventsKeys...)
	if refusal != nil {
		return wish, refusal
	}
	if wish.Subscribe, refusal = s.subscription(q, g); refusal != nil {
		return wish, refusal
	}
	if wish.bandwidth, refusal = q.bandwidth(); refusal != nil {
		return wish, refusal
	}
	// A browser that comes back sends the same URL and the newer place.
	if wish.Since = lastEventID(r); wish.Since == "" {
		wish.Since, refusal = q.cursor("since")
	}
	return wish, refusal
}

// takeOver takes a connection from the HTTP server.
func takeOver(w http.ResponseWriter) (net.Conn, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("take connection over: %w", err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(fmt.Errorf("lift deadline: %w", err), conn.Close())
	}
	return conn, nil
}

// eventsHead is the head of the answer. Its body ends with the connection.
func eventsHead(h http.Header) []byte {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Connection", "close")
	h.Set("X-Accel-Buffering", "no") // of a proxy, which would keep events to itself
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	head := bytes.NewBufferString("HTTP/1.1 200 OK\r\n")
	_ = h.Write(head) // into memory
	head.WriteString("\r\n")
	return head.Bytes()
}

// events is one session over Server-Sent Events.
type events struct {
	srv    *Server
	number uint64
	line   line
	flow   *fanout.Session
	id     string
	opened time.Duration // as Server.now has it
	wish   eventsWish
	ending atomic.Pointer[ending] // nil while the session lives
	pass
}

func (s *Server) newEvents(number uint64, g *auth.Grant, conn net.Conn, wish eventsWish) (*events, error) {
	sock, err := newSocket(conn, s.cfg.Limits.Stall)
	if err != nil {
		return nil, err
	}
	e := &events{
		srv: s, number: number, line: line{Conn: conn, sock: sock}, id: rand.Text(), opened: s.now(), wish: wish,
	}
	e.flow = s.view(g).hub.Open(fanout.Options{
		Conn: sock, Framing: eventFraming{}, Codec: wire.JSON, Transport: fanout.SSE, Failed: e.failed,
	})
	return e, nil
}

// run implements session: it serves the client until one of both sides ends it.
func (e *events) run() {
	defer e.srv.clients.remove(e.number)
	e.end(endingOf(e.serve()))
	e.hangUp()
}

// serve sends what the client asked for and listens until the session has to end. The
// error is why, nil if the client is gone.
func (e *events) serve() (err error) {
	defer e.srv.survive(e.id, &err)
	e.srv.welcome(&e.pass, e.flow, wire.JSON, e.id)
	if e.wish.bandwidth > 0 {
		e.flow.SetBandwidth(e.wish.bandwidth)
	}
	err = e.flow.Subscribe(requestOf(e.wish.Subscribe), func(dst []byte, r fanout.Subscribed) []byte {
		return wire.JSON.AppendResult(dst, subscribedOf(r))
	})
	if err != nil { // the request was checked: it is within the limits
		return &hangUp{code: wire.CloseInternal}
	}
	return e.listen()
}

// listen hears nothing of the client but that it is gone. It waits with little in its
// hands: io.Discard would hold 8 KiB for every stream.
func (e *events) listen() error {
	var waste [512]byte
	for heard := 0; heard < maxChatter; {
		n, err := e.line.Read(waste[:])
		if err != nil {
			return nil // whyever it is gone
		}
		heard += n
	}
	return &hangUp{wire.ClosePolicy, "a body behind the request"}
}

// send implements session. Before the end clients are told when to come back.
func (e *events) send(m wire.Message) {
	text := wire.JSON.AppendMessage(nil, m)
	if notice, ok := m.(*wire.Draining); ok {
		e.flow.SendFramed(appendRetry(nil, notice.ReconnectAfter))
	}
	e.flow.Send(func(dst []byte) []byte { return append(dst, text...) })
}

// end implements session.
func (e *events) end(reason *ending) {
	if !e.ending.CompareAndSwap(nil, reason) {
		return
	}
	if reason.silent {
		e.flow.Close()
	} else {
		e.flow.CloseAfter(lastEvent(reason.code))
	}
	e.line.interrupt()
}

// lastEvent says what a close code says elsewhere, if the client can do something
// about it.
func lastEvent(code wire.CloseCode) []byte {
	if code != wire.CloseTokenExpired {
		return nil
	}
	var framing eventFraming
	return framing.Seal(wire.JSON.AppendMessage(framing.Open(nil), &wire.Expired{}), 0)
}

// failed ends the session after a write that failed. The session's lock is held.
func (e *events) failed(err error) {
	e.ending.CompareAndSwap(nil, endingOf(err))
	e.line.interrupt()
}

// hangUp sees the last event off and closes the connection.
func (e *events) hangUp() {
	e.drop()
	reason := e.ending.Load()
	overdue := time.AfterFunc(linger, e.cut)
	defer overdue.Stop()
	e.flow.WaitSent()
	if half, ok := e.line.Conn.(halfCloser); ok && !reason.silent && half.CloseWrite() == nil {
		e.line.discard(time.Now().Add(linger))
	}
	e.cut()
	e.srv.metrics.closed(reason.code)
	e.srv.log.Debug("event stream ended", slog.String("session", e.id), slog.Int("code", int(reason.code)),
		slog.String("reason", reason.reason), slog.Duration("age", e.srv.now()-e.opened))
}

// cut implements session.
func (e *events) cut() { _ = bottom(e.line.Conn).Close() } // one that fails to close is closed

// eventFraming makes an event of a message: its name, the cursor as the id that a
// browser comes back with, and the message in one line of data. What is no event
// of the protocol is the answer to the subscribe in the URL.
type eventFraming struct{}

const eventData = "data: "

// Open implements fanout.Framing.
func (eventFraming) Open(dst []byte) []byte { return append(dst, eventData...) }

// Seal implements fanout.Framing.
func (eventFraming) Seal(dst []byte, start int) []byte {
	name, cursor := wire.EventOf(dst[start+len(eventData):])
	if name == nil {
		name = []byte("subscribed")
	}
	var room [96]byte
	head := append(append(append(room[:0], "event: "...), name...), '\n')
	if len(cursor) > 0 {
		head = append(append(append(head, "id: "...), cursor...), '\n')
	}
	size := len(dst)
	dst = append(dst, head...)
	copy(dst[start+len(head):], dst[start:size])
	copy(dst[start:], head)
	return append(dst, "\n\n"...)
}

// Ping implements fanout.Framing. Heartbeat events are all that an event stream
// has, and all that it needs: TCP tells whether the client's machine is there.
func (eventFraming) Ping(dst []byte) []byte { return dst }

// appendRetry has a browser wait before it comes back.
func appendRetry(dst []byte, wait time.Duration) []byte {
	dst = strconv.AppendInt(append(dst, "retry: "...), wait.Milliseconds(), 10)
	return append(dst, "\n\n"...)
}
