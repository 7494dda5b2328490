package fanout

import (
	"cmp"
	"slices"
	"sync/atomic"

	"ticker/book"
	"ticker/market"
	"ticker/throttle"
)

// lane is the subscriptions of one session that share an interval. It is idle,
// and then armed on all its cells, or busy, and then on its way: in the wheel,
// in the ready queue, or owed by a blocked session.
type lane struct {
	session *Session
	idle    atomic.Bool

	// The rest is guarded by session.mu.

	pace  throttle.Pace
	slots []slot // the first sorted of them by the cells' ids
	// sorted is less than len(slots) only while a subscribe adds some.
	sorted   int
	patterns int       // how many have this interval
	roster   *book.Arm // for new symbols, if there are patterns
	next     int       // where a scan goes on after a full frame

	// safe is the book's stamp up to which the lane was sent all; scanned is what
	// that will be when what was gathered last is sent. sparse says that this was
	// little for the number of slots.
	safe    uint64
	scanned uint64
	sparse  bool

	owed    bool // it was due while the session was blocked
	started bool // it was queued once: from then on it is idle or busy
	dead    bool // it lost its last slot and pattern
}

// slot is one symbol of a session.
type slot struct {
	cell *book.Cell
	sent uint64    // the Seq that was sent last, or was there before
	mark book.Mark // behind the trades that were sent, if envelopes are wanted
	arm  *book.Arm // made when the lane first goes idle
	sub  *subscription
	// named tells a symbol subscribed by its name; else a pattern covers it.
	named bool
	// fresh asks for the full record, now. Until it is sent the slot has something
	// unsent: see refreshLocked.
	fresh bool
}

// subscription is the options of the symbols of one subscribe command, or of
// one pattern.
type subscription struct {
	pattern market.Pattern // zero for names
	source  *subscription  // the command's, for patterns
	lane    *lane
	fields  market.Fields
	delta   bool
	// envelope asks for the trades behind each record.
	envelope bool
	// since is the stamp up to which the client has all, 0 if it has nothing.
	since uint64
}

// wake makes an idle lane busy. It returns false if it was that already: then
// somebody else will flush it.
func (l *lane) wake() bool { return l.idle.CompareAndSwap(true, false) }

// run flushes a lane that is due.
func (l *lane) run(w *worker) {
	s := l.session
	defer s.survive()
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.dead || s.closed {
		return
	}
	if s.blocked {
		l.owed = true
		return
	}
	s.flushLocked(w, l)
}

// restLocked makes a lane idle in which a scan found nothing. It returns false
// if there is something after all, and the lane is still the caller's.
func (l *lane) restLocked() bool {
	l.pace.Rest()
	l.idle.Store(true)
	if l.armLocked() {
		return true
	}
	// Something changed. Whoever changed it may have woken the lane, and then
	// it is theirs to flush.
	return !l.wake()
}

// armLocked registers the lane with every cell that has nothing new, and
// reports whether that was all of them.
func (l *lane) armLocked() bool {
	for i := range l.slots {
		if !l.slots[i].armed(l) {
			return false
		}
	}
	return l.patterns == 0 || l.armRosterLocked()
}

// armed registers a slot, unless it is registered still: then its cell has
// had no change, or the change took the registration away and shows in Seq.
func (sl *slot) armed(l *lane) bool {
	if sl.arm == nil {
		sl.arm = &book.Arm{Reader: l}
	}
	if sl.arm.ArmedAt(sl.sent) {
		return sl.cell.Seq() == sl.sent
	}
	return sl.cell.Arm(sl.arm, sl.sent)
}

func (l *lane) armRosterLocked() bool {
	known, roster := l.session.known, l.session.hub.book.Roster()
	if l.roster == nil {
		l.roster = &book.Arm{Reader: l}
	}
	if l.roster.ArmedAt(known) {
		return roster.Len() == known
	}
	return roster.Arm(l.roster, known)
}

// quietLocked reports whether every slot is known to have the newest record. It
// does not look when a lane is wide and will soon be scanned anyway.
func (l *lane) quietLocked() bool {
	if len(l.slots) >= l.session.hub.wide && !l.idle.Load() {
		return false
	}
	for i := range l.slots {
		if l.slots[i].cell.Seq() != l.slots[i].sent {
			return false
		}
	}
	return true
}

// findLocked returns the slot of a cell, or nil. It does not see slots that
// were added since the last sort.
func (l *lane) findLocked(c *book.Cell) *slot {
	i, ok := slices.BinarySearchFunc(l.slots[:l.sorted], c.ID(), func(sl slot, id uint64) int {
		return cmp.Compare(sl.cell.ID(), id)
	})
	if !ok {
		return nil
	}
	return &l.slots[i]
}

// sortLocked puts the slots in the order of their cells.
func (l *lane) sortLocked() {
	if l.sorted < len(l.slots) {
		slices.SortFunc(l.slots, func(a, b slot) int { return cmp.Compare(a.cell.ID(), b.cell.ID()) })
		l.sorted = len(l.slots)
	}
}

// disarm ends the registration of a slot that goes elsewhere.
func (sl *slot) disarm() {
	if sl.arm != nil {
		sl.cell.Disarm(sl.arm)
		sl.arm = nil
	}
}

// disarmLocked ends every registration of the lane.
func (l *lane) disarmLocked() {
	for i := range l.slots {
		l.slots[i].disarm()
	}
	if l.roster != nil {
		l.session.hub.book.Roster().Disarm(l.roster)
	}
}
