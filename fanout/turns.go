package fanout

import (
	"math"
	"time"

	"ticker/throttle"
)

// turns has the lanes of one session wait for bandwidth. Without a cap nobody
// waits. Under one, a lane that is due while there is no room for a frame worth
// its write queues behind those that wait already; with each bit of room the first
// of them sends, for as much as there is room, and goes on at its own pace with
// the symbols that it did not come to. So every lane has its turns, and in it every
// symbol, each with its newest record then. The records that subscribes asked for
// queue like one lane more, whose next turn is always due.
//
// It is guarded by the session's lock.
type turns struct {
	session *Session
	cap     *throttle.Bandwidth // nil for none
	waiting []*lane             // nil stands for the fresh records of all lanes
	fresh   bool                // it does
	queued  bool                // the session stands in the wheel
}

// turnGrain is the phase of turns, so that those of many sessions come together.
const turnGrain = time.Millisecond

// SetBandwidth caps the bytes a second that the session is sent from now on; 0
// lifts the cap. What answers the client, and signs of life, do not wait, but
// count. It returns the cap.
func (s *Session) SetBandwidth(perSecond int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns.cap = nil
	if perSecond > 0 {
		now := s.hub.now()
		s.turns.cap = throttle.NewBandwidth(perSecond, now, 0)
		s.spanLocked()
	}
	if !s.closed {
		w := s.hub.spare()
		defer s.hub.giveBack(w)
		s.turns.give(w)
	}
	return perSecond
}

// spanLocked has room add up for as long as the slowest lane takes to use it.
func (s *Session) spanLocked() {
	if s.turns.cap == nil {
		return
	}
	var longest time.Duration
	for _, l := range s.lanes {
		longest = max(longest, l.pace.Interval())
	}
	s.turns.cap.Span(s.hub.now(), longest)
}

// room returns how many bytes may be sent now.
func (t *turns) room() int {
	if t.cap == nil {
		return math.MaxInt
	}
	return int(max(t.cap.Room(t.session.hub.now()), 0))
}

// spend notes bytes that are sent, or will be before anything else is.
func (t *turns) spend(bytes int) {
	if t.cap != nil {
		t.cap.Spend(t.session.hub.now(), bytes)
	}
}

// queueFresh has the records wait that subscribes asked for.
func (t *turns) queueFresh() {
	if !t.fresh {
		t.fresh = true
		t.waiting = append(t.waiting, nil)
		t.schedule()
	}
}

// queues has a lane wait for its turn, and returns false if it need not.
func (t *turns) queues(l *lane) bool {
	if t.cap == nil || len(t.waiting) == 0 && t.mayStart() {
		return false
	}
	t.waiting = append(t.waiting, l)
	t.schedule()
	return true
}

// mayStart reports whether there is room for a turn.
func (t *turns) mayStart() bool {
	return t.cap == nil || t.cap.Room(t.session.hub.now()) >= t.cap.Turn()
}

func (t *turns) schedule() {
	if t.queued {
		return
	}
	t.queued = true
	due := t.cap.Due(t.session.hub.now())
	t.session.hub.wheel.add((due+turnGrain-1)/turnGrain*turnGrain, t)
}

// run is a task: somebody's turn has come.
func (t *turns) run(w *worker) {
	s := t.session
	defer s.survive()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.queued = false
	if !s.closed {
		t.give(w)
	}
}

// give gives those who wait their turns, for as long as there is room.
func (t *turns) give(w *worker) {
	for len(t.waiting) > 0 {
		if !t.mayStart() {
			t.schedule()
			return
		}
		l := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.giveTo(w, l)
	}
}

// giveTo gives one lane its turn, or the fresh records theirs. Of a session whose
// client is slow all is owed: its writer comes back to it.
func (t *turns) giveTo(w *worker, l *lane) {
	s := t.session
	switch {
	case l == nil:
		t.fresh = false
		if !s.blocked {
			s.writeOutLocked(s.gatherFreshLocked(w, nil))
		}
	case l.dead:
	case s.blocked:
		l.owed = true
	default:
		s.takeTurnLocked(w, l)
	}
}
