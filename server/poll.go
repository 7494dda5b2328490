package server

import (
	"bytes"
	"errors"
	"net/http"
	"sync"
	"time"

	"ticker/auth"
	"ticker/fanout"
	"ticker/wire"
)

// The headers that carry the cursor of an answer to a poll, and the epoch, which a
// poll has no welcome to tell.
const (
	cursorHeader = "Ticker-Cursor"
	epochHeader  = "Ticker-Epoch"
)

// getPoll serves GET /v1/poll: what changed since a cursor, as soon as something
// does. Nothing of the client is kept between two polls: each is a session that
// comes back with a cursor and lasts for one frame.
//
// A client that polls at once when it was answered would get every update of a
// busy symbol; so with a cursor nothing is looked at before an interval is over.
// What changed by then is one frame, and the first change after it goes out at
// once. A poll that waits for less than an interval, or comes without a cursor, counts as
// a request and as a look.
func (s *Server) getPoll(w http.ResponseWriter, r *http.Request, g *auth.Grant) *wire.Problem {
	wish, refusal := s.pollWish(r, g)
	if refusal == nil {
		s.pace(&wish, g)
	}
	if !wish.paced {
		if p := s.takeRequest(w, r, g); p != nil {
			return p
		}
	}
	switch {
	case refusal != nil:
		return problemOf(refusal)
	case !s.origins().permit(r):
		return errOrigin()
	}
	place, problem := s.seat(w, r)
	if problem != nil {
		return problem
	}
	defer place.leave()
	if problem = s.charge(w, place, g); problem == nil && !wish.resumes {
		problem = s.lookOverHTTP(w, g)
	}
	if problem != nil {
		return problem
	}
	_ = s.reach(r.Context(), g, wish.Symbols...) // what cannot be fetched now is pending
	s.polls.Add(1)
	defer s.polls.Add(-1)
	p := &poll{ended: make(chan struct{}), over: make(chan struct{}), taken: make(chan struct{})}
	p.hold(p, g)
	defer p.drop()
	late := s.clients.enter(place, p)
	defer s.clients.remove(place.number)
	if late {
		return s.turnAway(w, errDraining)
	}
	// An error is that of a connection without deadlines, which needs no more time.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wish.wait + answerTimeout))
	records, cursor, err := s.poll(r, p, wish)
	if err != nil { // the request was checked: it is a panic
		return wire.NewProblem(wire.CodeInternal, "the poll failed")
	}
	w.Header().Set(cursorHeader, cursor)
	w.Header().Set(epochHeader, s.view(g).hub.Epoch())
	if len(records) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	write(w, []byte(`{"cursor":"`+cursor+`","quotes":[`))
	write(w, bytes.TrimSuffix(records, []byte{','}))
	write(w, []byte("]}"))
	return nil
}

// pollWish is what a poll asks for.
type pollWish struct {
	*wire.Subscribe
	wait     time.Duration
	interval time.Duration // that is granted
	resumes  bool          // from a cursor that is known
	paced    bool          // and waits for an interval
}

// pace says how a poll keeps to its interval.
func (s *Server) pace(wish *pollWish, g *auth.Grant) {
	wish.interval = s.intervalOf(wish.Subscribe, g)
	wish.resumes = s.view(g).hub.Knows(wish.Since)
	wish.paced = wish.resumes && wish.wait >= wish.interval
}

func (s *Server) pollWish(r *http.Request, g *auth.Grant) (wish pollWish, refusal *wire.Error) {
	q, refusal := s.queryOf(r, pollKeys...)
	if refusal != nil {
		return wish, refusal
	}
	if wish.Subscribe, refusal = s.subscription(q, g); refusal != nil {
		return wish, refusal
	}
	if wish.Envelope {
		return wish, refuse(wire.CodeBadRequest, "a poll has no envelopes: nobody counts trades between two of them")
	}
	if wish.Since, refusal = q.cursor("cursor"); refusal != nil {
		return wish, refusal
	}
	wish.Delta = false // every record is the first of its session
	wish.wait, refusal = q.wait()
	return wish, refusal
}

// poll waits for something to tell, and returns it with the cursor behind it.
func (s *Server) poll(r *http.Request, p *poll, wish pollWish) (records []byte, cursor string, err error) {
	defer s.survive("poll", &err)
	deadline, g := time.Now().Add(wish.wait), p.granted()
	hub := s.view(g).hub
	if wish.resumes {
		begun := wish.paced && s.rates.beginPoll(g)
		if begun {
			defer s.rates.endPoll(g)
		}
		p.pause(r, min(s.cfg.Hub.Gap(wish.interval), wish.wait))
		if !begun && s.takeLook(g) > 0 {
			return nil, wish.Since, nil // nothing was looked at, so nothing is behind it
		}
	}
	// A cursor that lags behind would bring some of these records once more. It is
	// brought up to date before they are gathered and before it is told.
	hub.Cursor()
	flow := hub.Open(fanout.Options{
		Conn: p, Framing: recordFraming{}, Codec: wire.JSON, Transport: fanout.Poll, Failed: p.fail,
	})
	defer flow.WaitSent()
	defer close(p.over)
	defer flow.Close() // in case of a panic
	flow.Entitle(entitlementOf(g), func(dst []byte, _ []string) []byte { return dst })
	err = flow.Subscribe(requestOf(wish.Subscribe), func(dst []byte, _ fanout.Subscribed) []byte { return dst })
	if err != nil {
		return nil, "", err
	}
	p.await(r, time.Until(deadline))
	hub.Cursor()
	cursor = flow.Finish()
	return p.frame, cursor, p.failure
}

// intervalOf is the interval that a subscription is granted.
func (s *Server) intervalOf(b *wire.Subscribe, g *auth.Grant) time.Duration {
	asked := s.cfg.Intervals.Default
	if b.Interval != 0 {
		asked = s.cfg.Intervals.Grant(&b.Interval)
	}
	return max(asked, leastInterval(g))
}

// errPolled is the error of a poll that was answered.
var errPolled = errors.New("the poll was answered")

// poll is a session of one frame. As a fanout.Conn it takes that, and nothing
// more: what comes after it is for the next poll.
type poll struct {
	once  sync.Once
	ended chan struct{} // closed when it is to be answered
	over  chan struct{} // closed when its session is

	mu    sync.Mutex
	taken chan struct{} // closed when frame is there
	frame []byte

	failure error // of the session, guarded by its lock

	pass
}

// pause waits for a while, unless the poll ends before.
func (p *poll) pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ended:
	case <-r.Context().Done():
	}
}

// await waits for the frame, unless the poll ends before.
func (p *poll) await(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.taken:
	case <-timer.C:
	case <-p.ended:
	case <-r.Context().Done():
	}
}

// TryWrite implements fanout.Conn.
func (p *poll) TryWrite(frame []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(frame) == 0 || p.frame != nil {
		return 0, nil
	}
	p.frame = bytes.Clone(frame)
	close(p.taken)
	return len(frame), nil
}

// Wait implements fanout.Conn.
func (p *poll) Wait() error {
	<-p.over
	return errPolled
}

// Write implements fanout.Conn.
func (p *poll) Write([]byte) error { return p.Wait() }

// fail answers the poll with a failure: its session panicked. The session's lock is
// held.
func (p *poll) fail(err error) {
	p.failure = err
	p.end(nil)
}

// run implements session: the request's goroutine does what there is to do.
func (*poll) run() {}

// send implements session. A poll has no room for anything but records.
func (*poll) send(wire.Message) {}

// end implements session: the poll is answered with what there is.
func (p *poll) end(*ending) { p.once.Do(func() { close(p.ended) }) }

// cut implements session.
func (p *poll) cut() { p.end(nil) }

// recordFraming keeps the records of quotes events, each with a comma behind it,
// and leaves all else out.
type recordFraming struct{}

// Open implements fanout.Framing.
func (recordFraming) Open(dst []byte) []byte { return dst }

// Seal implements fanout.Framing.
func (recordFraming) Seal(dst []byte, start int) []byte {
	records := wire.RecordsOf(dst[start:])
	if len(records) == 0 {
		return dst[:start]
	}
	return append(append(dst[:start], records...), ',')
}

// Ping implements fanout.Framing.
func (recordFraming) Ping(dst []byte) []byte { return dst }
