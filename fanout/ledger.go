package fanout

import "ticker/book"

// ledger is the account of one session, in updates of its subscriptions.
type ledger struct {
	// base is what turns the sum of the sequences of all slots into the
	// updates produced: less what was before a slot, plus what slots that are
	// gone and records that were sent again account for.
	base      int64
	delivered uint64
	conflated uint64
	frames    uint64
	bytes     uint64
	counted   uint64 // of delivered, in the hub's metrics
	ages      *sessionAges
}

// opened notes a slot that counts from after seq on.
func (g *ledger) opened(seq uint64) { g.base -= int64(seq) }

// closed notes a slot that ends at seq and was sent the record of sent.
func (g *ledger) closed(sent, seq uint64) {
	g.base += int64(seq)
	g.conflated += seq - sent
}

// again notes that a record that was sent is to be sent again.
func (g *ledger) again() { g.base++ }

// count notes what a slot got that was sent the record of sent before.
func (g *ledger) count(sent uint64, got book.Got) {
	news := got.Seq - sent
	switch {
	case !got.Appended:
		g.conflated += news
	default:
		g.delivered++
		g.conflated += news - 1
	}
}

func (g *ledger) age(micros int64) {
	if g.ages == nil {
		g.ages = new(sessionAges)
	}
	g.ages.add(micros)
}

// takeDelivered returns the records delivered since it was called last.
func (g *ledger) takeDelivered() uint64 {
	n := g.delivered - g.counted
	g.counted = g.delivered
	return n
}

// Ledger is the account of a session: Produced = Delivered + Conflated + Pending.
type Ledger struct {
	// Produced counts the updates of the session's subscriptions while they
	// lasted; the record that answers a subscribe is one of them.
	Produced uint64
	// Delivered counts the records sent, Conflated the updates that a newer
	// record or a filter stood in for, Pending those that are still to come.
	Delivered, Conflated, Pending uint64
	// Frames and Bytes count quotes events, headers included.
	Frames, Bytes uint64
	// AgeP50 and AgeP99 are microseconds from acceptance to writing, of the latest
	// records.
	AgeP50, AgeP99 int64
}

// Ledger returns the session's account.
func (s *Session) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUpLocked()
	g := &s.ledger
	account := Ledger{Delivered: g.delivered, Conflated: g.conflated, Frames: g.frames, Bytes: g.bytes}
	produced := g.base
	for _, l := range s.lanes {
		for i := range l.slots {
			seq := l.slots[i].cell.Seq()
			produced += int64(seq)
			account.Pending += seq - l.slots[i].sent
		}
	}
	account.Produced = uint64(produced)
	if g.ages != nil {
		account.AgeP50, account.AgeP99 = g.ages.quantile(0.50), g.ages.quantile(0.99)
	}
	return account
}
