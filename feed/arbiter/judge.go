package arbiter

import (
	"math/bits"
	"time"

	"ticker/market"
)

// record is what is known of a symbol.
type record struct {
	place uint64 // of the newest update that the book was given
	live  set
	lines [MaxLegs]market.SourceID // on which each leg spoke last
	heads []head
}

// newRecord has room for quotes and trades.
func newRecord() *record { return &record{heads: make([]head, 0, 2)} }

// head is the newest accepted update of a channel, and what each leg told of it.
type head struct {
	channel   market.Channel
	numbering uint32 // counts how often the venue began to count anew
	seq       uint64
	ts        int64
	nth       uint32 // its position among those of one time
	winner    int    // the leg that brought it
	set       market.Fields
	values    []market.Decimal // those in set

	// Who is heard where there is no order, and when it last spoke.
	charge int
	heard  time.Duration

	voices [MaxLegs]voice
}

// voice is how far a leg is on a channel.
type voice struct {
	// By sequence: the last that it told while it counted as the newest update
	// does, on which connection (0 if it never did), and in which numbering.
	seq       uint64
	link      uint64
	numbering uint32

	// By time: how many updates it told of the time, on one connection.
	nth      uint32
	ts       int64
	timeLink uint64
}

// place is what is known of an update's order.
type place struct {
	leg   int
	alone bool   // no other leg is live
	link  uint64 // tells the connections of the leg apart
	seq   uint64 // 0 if it has none
	ts    int64  // 0 if it has none that could order it

	now, patience time.Duration
}

// judge decides what becomes of an update, and notes its place.
func (r *record) judge(p *place, u *market.Update) result {
	if printedBefore(u) && !p.alone {
		return duplicate
	}
	h := r.head(p, u.Channel)
	verdict := h.judge(p, u, r.live)
	if verdict == won {
		h.accept(p, u)
	}
	return verdict
}

// printedBefore reports whether an update is a trade from before its leg
// listened. Its sequence is that of a trade which another leg may have yet to
// tell, so it must not be in that one's way.
func printedBefore(u *market.Update) bool {
	return u.Channel == market.Trades && u.Set.Has(market.Last) && !u.Trade && u.Trades == nil
}

// head returns the head of a channel, with the leg in charge if it is new: there
// is nothing to order then, so that the first update always wins.
func (r *record) head(p *place, channel market.Channel) *head {
	for i := range r.heads {
		if h := &r.heads[i]; h.channel == channel {
			if p.leg == h.charge {
				h.heard = p.now
			}
			return h
		}
	}
	r.heads = append(r.heads, head{channel: channel, charge: p.leg, heard: p.now})
	return &r.heads[len(r.heads)-1]
}

func (h *head) judge(p *place, u *market.Update, live set) result {
	if p.ts != 0 {
		h.voices[p.leg].tell(p)
	}
	switch {
	case p.seq != 0 && h.seq != 0:
		return h.bySequence(p, u)
	case p.ts != 0 && h.ts != 0:
		return h.byTime(p, u)
	}
	return h.byCharge(p, live)
}

func (h *head) bySequence(p *place, u *market.Update) result {
	v := &h.voices[p.leg]
	switch same := h.sameNumbering(v, p); {
	case same && p.seq > h.seq:
		return won
	case same && p.seq == h.seq:
		h.settle(v, p)
		return h.copied(p, u)
	case same && p.link == v.link:
		v.seq = p.seq
		return late
	case !h.countsAnew(v, p, same):
		return late
	}
	h.numbering++
	return won
}

// settle notes that a leg counts as the newest update does, on its connection.
func (h *head) settle(v *voice, p *place) {
	v.link, v.numbering, v.seq = p.link, h.numbering, p.seq
}

// sameNumbering reports whether a leg counts as the newest update does. A leg
// with a new connection does, unless it tells of the time before that: whoever
// connects gets the numbering of the day, but what comes may be long under way.
func (h *head) sameNumbering(v *voice, p *place) bool {
	if v.link == p.link {
		return v.numbering == h.numbering
	}
	return p.ts == 0 || h.ts == 0 || p.ts >= h.ts
}

// countsAnew reports whether a sequence that is no later than the newest one, or
// of another numbering, is later all the same. Without times a new numbering
// must be below what the leg itself told: it may just be behind the others.
func (h *head) countsAnew(v *voice, p *place, same bool) bool {
	if p.ts == 0 || h.ts == 0 {
		return p.alone && (!same || p.seq < v.seq)
	}
	return p.ts > h.ts
}

// copied judges an update with the sequence of the newest one.
func (h *head) copied(p *place, u *market.Update) result {
	switch {
	case p.leg != h.winner && !h.agrees(u):
		return disagreed
	case p.leg != h.winner, u.Trade:
		return duplicate
	}
	return won
}

func (h *head) byTime(p *place, u *market.Update) result {
	v := &h.voices[p.leg]
	switch {
	case p.ts > h.ts:
		return won
	case p.ts < h.ts:
		return late
	case p.leg == h.winner && !u.Trade:
		return won
	case p.leg != h.winner && h.set == u.Set&market.AllValues && h.agrees(u):
		return duplicate
	case v.nth > h.nth:
		return won
	case v.nth == h.nth && p.leg != h.winner:
		return disagreed
	}
	return duplicate
}

// byCharge hears one leg only.
func (h *head) byCharge(p *place, live set) result {
	if p.leg != h.charge && live.has(h.charge) && p.now-h.heard <= p.patience {
		return duplicate
	}
	h.charge, h.heard = p.leg, p.now
	return won
}

// tell counts what a leg tells of one time.
func (v *voice) tell(p *place) {
	if v.timeLink != p.link || v.ts != p.ts {
		v.timeLink, v.ts, v.nth = p.link, p.ts, 0
	}
	v.nth++
}

// accept makes an update the newest.
func (h *head) accept(p *place, u *market.Update) {
	v := &h.voices[p.leg]
	h.winner = p.leg
	if p.seq != 0 {
		h.seq = p.seq
		h.settle(v, p)
	}
	if p.ts != 0 {
		h.ts, h.nth = p.ts, v.nth
	}
	h.keep(u)
}

// keep remembers the values of the newest update.
func (h *head) keep(u *market.Update) {
	h.set, h.values = u.Set&market.AllValues, h.values[:0]
	for s := h.set; s != 0; s &= s - 1 {
		h.values = append(h.values, u.Values[bits.TrailingZeros16(uint16(s))])
	}
}

// agrees reports whether an update says the same as the newest one of what both
// tell of.
func (h *head) agrees(u *market.Update) bool {
	i := 0
	for s := h.set; s != 0; s &= s - 1 {
		f := market.Field(bits.TrailingZeros16(uint16(s)))
		if u.Set.Has(f) && !u.Values[f].Equal(h.values[i]) {
			return false
		}
		i++
	}
	return true
}
