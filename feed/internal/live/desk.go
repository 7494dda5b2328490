package live

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxTries is how often a request is made before the connection is given up.
	maxTries = 3
	// firstHold is how long nothing is asked for after the venue said that requests
	// came too fast; the hold doubles each time it says so, up to maxHold.
	firstHold = time.Second
	maxHold   = 30 * time.Second
)

// phase is how far a stream has come.
type phase uint8

const (
	idle     phase = iota // not asked for
	asked                 // asked for, not answered
	granted               // subscribed
	dropping              // asked to end, not answered
	refused               // the venue will not have it
)

// account is what the desk knows of one stream.
type account struct {
	Stream
	wanted  bool
	renew   bool // to be ended and asked for again
	phase   phase
	request uint64        // that is under way, or was last
	since   time.Duration // when it was made
	tries   int           // requests without an answer in a row
	batch   int           // at most so many in a request; 0 is no limit
}

// desk keeps the account of the subscriptions of one connection: a judgement that
// is fed what is wanted, what the venue says, and readings of a clock.
type desk struct {
	batch  int           // most streams in a request
	answer time.Duration // how long a request may go unanswered

	accounts map[Stream]*account
	order    []*account // in the order in which they were first wanted
	requests uint64
	hold     time.Duration // how long the last hold was
	held     time.Duration // until when nothing is asked for
}

func newDesk(l Limits) *desk {
	return &desk{batch: l.Batch, answer: l.Answer, accounts: make(map[Stream]*account)}
}

// want sets what is wanted. A stream that was refused stays so while it is
// wanted.
func (d *desk) want(streams []Stream) {
	for _, a := range d.order {
		a.wanted = false
	}
	for _, s := range streams {
		a := d.accounts[s]
		if a == nil {
			a = &account{Stream: s}
			d.accounts[s] = a
			d.order = append(d.order, a)
		}
		a.wanted = true
	}
	d.forget()
}

// next returns a request that is due and takes it as made.
func (d *desk) next(now time.Duration) (Request, bool) {
	if now < d.held {
		return Request{}, false
	}
	var r Request
	limit := d.batch
	for _, a := range d.order {
		drop := a.drops()
		if !drop && !a.adds() || len(r.Streams) == limit {
			continue
		}
		if len(r.Streams) == 0 {
			d.requests++
			r.Drop, r.ID = drop, d.requests
		} else if r.Drop != drop || r.Streams[0].Channel != a.Channel || a.batch != 0 && a.batch <= len(r.Streams) {
			continue
		}
		if a.batch != 0 {
			limit = min(limit, a.batch)
		}
		r.Streams = append(r.Streams, a.Stream)
		d.take(a, r, now)
	}
	return r, len(r.Streams) > 0
}

func (a *account) adds() bool { return a.wanted && a.phase == idle }

func (a *account) drops() bool { return (!a.wanted || a.renew) && a.phase == granted }

func (d *desk) take(a *account, r Request, now time.Duration) {
	a.phase = asked
	if r.Drop {
		a.phase = dropping
	}
	a.request, a.since, a.renew = r.ID, now, false
	a.tries++
}

// about returns the accounts that a notice is about: its streams, or those of its
// request that are under way, or those of the oldest request that is.
func (d *desk) about(n Notice) []*account {
	var found []*account
	if len(n.Streams) > 0 {
		for _, s := range n.Streams {
			if a := d.accounts[s]; a != nil {
				found = append(found, a)
			}
		}
		return found
	}
	id := n.ID
	if id == 0 {
		id = d.oldest()
	}
	for _, a := range d.order {
		if a.request == id && a.underWay() {
			found = append(found, a)
		}
	}
	return found
}

func (a *account) underWay() bool { return a.phase == asked || a.phase == dropping }

// oldest returns the first request that is under way, 0 if none is.
func (d *desk) oldest() uint64 {
	var id uint64
	for _, a := range d.order {
		if a.underWay() && (id == 0 || a.request < id) {
			id = a.request
		}
	}
	return id
}

// grant notes that streams are subscribed.
func (d *desk) grant(accounts []*account) {
	for _, a := range accounts {
		if a.phase == dropping {
			continue // an answer to what was asked before
		}
		a.phase, a.tries, a.batch = granted, 0, 0
	}
	d.hold = 0
}

// end notes that streams are no longer subscribed. One that was not asked to
// end is asked for again.
func (d *desk) end(accounts []*account) {
	for _, a := range accounts {
		if a.phase != refused {
			a.phase, a.tries = idle, 0
		}
	}
	d.forget()
}

// whole notes that just these streams are subscribed. What was asked for and is
// not among them may still be on its way.
func (d *desk) whole(streams []Stream) {
	in := make(map[Stream]bool, len(streams))
	for _, s := range streams {
		in[s] = true
	}
	for _, a := range d.order {
		switch {
		case in[a.Stream] && a.phase != dropping:
			a.phase, a.tries, a.batch = granted, 0, 0
		case !in[a.Stream] && (a.phase == granted || a.phase == dropping):
			a.phase, a.tries = idle, 0
		}
	}
	d.hold = 0
	d.forget()
}

// refuse notes that the venue will not have streams, and returns those that it
// refused alone. Of several, any one may be the reason: they are asked for again
// in halves.
func (d *desk) refuse(accounts []*account) []Stream {
	accounts = slices.DeleteFunc(accounts, func(a *account) bool { return !a.underWay() })
	if len(accounts) == 1 {
		a := accounts[0]
		a.phase = refused
		d.forget()
		return []Stream{a.Stream}
	}
	for _, a := range accounts {
		a.phase, a.tries, a.batch = idle, 0, (len(accounts)+1)/2
	}
	d.forget()
	return nil
}

// throttle notes that the venue heard nothing of what is under way, and wants
// fewer requests.
func (d *desk) throttle(now time.Duration) {
	d.hold = min(max(2*d.hold, firstHold), maxHold)
	d.held = now + d.hold
	for _, a := range d.order {
		a.undo()
	}
	d.forget()
}

// undo takes a request back that was not heard.
func (a *account) undo() {
	switch a.phase {
	case asked:
		a.phase = idle
	case dropping:
		a.phase = granted
	case idle, granted, refused:
	}
	a.tries = 0
}

// behind has streams ended and asked for again.
func (d *desk) behind(accounts []*account) {
	for _, a := range accounts {
		a.renew = a.phase == granted
	}
}

// overdue takes requests back that were not answered in time, so that they are
// made again. After too many the error says which.
func (d *desk) overdue(now time.Duration) error {
	for _, a := range d.order {
		if !a.underWay() || now-a.since < d.answer {
			continue
		}
		if a.tries >= maxTries {
			return fmt.Errorf("no answer to %d requests for %s within %s each", a.tries, a.Stream, d.answer)
		}
		tries := a.tries
		a.undo()
		a.tries = tries
	}
	d.forget()
	return nil
}

// due returns when there is something to do if neither the venue nor a want
// changes, and false if there is nothing.
func (d *desk) due() (at time.Duration, ok bool) {
	for _, a := range d.order {
		var when time.Duration
		switch {
		case a.underWay():
			when = a.since + d.answer
		case a.adds() || a.drops():
			when = d.held
		default:
			continue
		}
		if !ok || when < at {
			at, ok = when, true
		}
	}
	return at, ok
}

// settled reports whether the venue has answered for all that is wanted.
func (d *desk) settled() bool {
	return !slices.ContainsFunc(d.order, func(a *account) bool {
		return a.wanted && a.phase != granted && a.phase != refused
	})
}

// subscribed returns how many streams are.
func (d *desk) subscribed() int {
	n := 0
	for _, a := range d.order {
		if a.phase == granted || a.phase == dropping {
			n++
		}
	}
	return n
}

// forget drops the accounts that nobody wants and the venue does not have.
func (d *desk) forget() {
	d.order = slices.DeleteFunc(d.order, func(a *account) bool {
		gone := !a.wanted && (a.phase == idle || a.phase == refused)
		if gone {
			delete(d.accounts, a.Stream)
		}
		return gone
	})
}
