package composite

import (
	"cmp"

	"ticker/market"
)

// side is one side of a quote.
type side struct {
	price, size  market.Decimal
	known, sized bool
	since        uint64 // when it became what it is
}

// there reports whether anybody bids or offers.
func (s *side) there() bool { return s.known && (!s.sized || s.size.Sign() != 0) }

// fold takes over what an update tells of the side.
func (s *side) fold(u *market.Update, price, size market.Field, now uint64) {
	was := *s
	if u.Set.Has(price) {
		s.price, s.known = u.Values[price], true
	}
	if u.Set.Has(size) {
		s.size, s.sized = u.Values[size], true
	}
	if !s.same(&was) {
		s.since = now
	}
}

func (s *side) same(o *side) bool {
	return s.known == o.known && s.sized == o.sized && s.price.Equal(o.price) && s.size.Equal(o.size)
}

// beats reports whether a side is better than another of the same kind: a bid
// with direction 1, an ask with -1.
func (s *side) beats(o *side, direction int) bool {
	if c := s.price.Cmp(o.price); c != 0 {
		return c == direction
	}
	if c := s.size.Cmp(o.size); c != 0 {
		return c > 0
	}
	return s.since < o.since
}

// after returns the side as it follows another in the record. Without a size of
// its own it has the size 0, so that it does not keep the other's.
func (s side) after(told *side) side {
	s.sized = s.sized || told.sized
	return s
}

// quote is what a leg told of a symbol.
type quote struct {
	order        order
	line         market.SourceID // on which it spoke last
	live, halted bool
	standing     standing
	at           uint64 // when it told of a side last
	bid, ask     side
}

// fold takes over what an accepted update of the leg tells.
func (q *quote) fold(u *market.Update, now uint64) {
	q.line = u.Source
	if u.Set.Has(market.StatusField) {
		if u.Status == market.Stale {
			q.die()
			return
		}
		q.halted = u.Status == market.Halted
	}
	q.live = true
	q.bid.fold(u, market.Bid, market.BidSize, now)
	q.ask.fold(u, market.Ask, market.AskSize, now)
	const sides = 1<<market.Bid | 1<<market.BidSize | 1<<market.Ask | 1<<market.AskSize
	if u.Set&sides != 0 {
		q.at = now
	}
}

// die forgets what the leg told: it is too old when the leg is back.
func (q *quote) die() { q.live, q.bid, q.ask = false, side{}, side{} }

// stands judges a quote by itself.
func (q *quote) stands() standing {
	switch {
	case !q.live:
		return stale
	case q.halted:
		return halted
	case q.bid.there() && q.ask.there() && q.bid.price.Cmp(q.ask.price) > 0:
		return crossed
	}
	return counts
}

// nobody stands for a leg where no leg has a side.
const nobody = -1

// view is what the book is told, or was told last.
type view struct {
	bid, ask       side
	bidLeg, askLeg int
	status         market.Status
	reason         market.Reason
}

func (v *view) same(o *view) bool {
	return v.bidLeg == o.bidLeg && v.askLeg == o.askLeg && v.status == o.status && v.reason == o.reason &&
		v.bid.same(&o.bid) && v.ask.same(&o.ask)
}

// record is what is known of a symbol.
type record struct {
	now    uint64 // counts what the legs told
	place  uint64 // of what the book was given last
	told   view
	reason market.Reason // of the leg that went last
	legs   []quote
}

func newRecord() *record { return &record{told: view{bidLeg: nobody, askLeg: nobody}} }

// leg returns the quote of a leg.
func (r *record) leg(index int) *quote {
	for len(r.legs) <= index {
		r.legs = append(r.legs, quote{})
	}
	return &r.legs[index]
}

// apply takes over what a leg tells, if it is in order.
func (r *record) apply(leg int, u *market.Update, wall int64) market.Outcome {
	q := r.leg(leg)
	if outcome := q.order.judge(u, wall); outcome != market.Accepted {
		return outcome
	}
	r.now++
	q.fold(u, r.now)
	if !q.live {
		r.reason = u.Reason
	}
	return market.Accepted
}

// standings tell which legs count.
type standings [MaxLegs]standing

// compose finds the best bid and ask of the legs that count, and tells which do.
func (r *record) compose() (view, standings) {
	var s standings
	for i := range r.legs {
		s[i] = r.legs[i].stands()
	}
	v := view{}
	for {
		v.bidLeg, v.askLeg = r.best(&s)
		if v.bidLeg == nobody || v.askLeg == nobody {
			break
		}
		bidder, asker := &r.legs[v.bidLeg], &r.legs[v.askLeg]
		if bidder.bid.price.Cmp(asker.ask.price) <= 0 {
			break
		}
		if bidder.at < asker.at {
			s[v.bidLeg] = crossed
		} else {
			s[v.askLeg] = crossed
		}
	}
	if v.bidLeg != nobody {
		v.bid = r.legs[v.bidLeg].bid.after(&r.told.bid)
	}
	if v.askLeg != nobody {
		v.ask = r.legs[v.askLeg].ask.after(&r.told.ask)
	}
	r.settle(&v)
	return v, s
}

// best returns the legs with the highest bid and the lowest ask.
func (r *record) best(s *standings) (bidLeg, askLeg int) {
	bidLeg, askLeg = nobody, nobody
	for i := range r.legs {
		q := &r.legs[i]
		if s[i] != counts {
			continue
		}
		if q.bid.there() && (bidLeg == nobody || q.bid.beats(&r.legs[bidLeg].bid, 1)) {
			bidLeg = i
		}
		if q.ask.there() && (askLeg == nobody || q.ask.beats(&r.legs[askLeg].ask, -1)) {
			askLeg = i
		}
	}
	return bidLeg, askLeg
}

// settle gives a view its status. One that is not live keeps the values that the
// book has.
func (r *record) settle(v *view) {
	live, open := 0, 0
	for i := range r.legs {
		if q := &r.legs[i]; q.live {
			live++
			if !q.halted {
				open++
			}
		}
	}
	lacks := r.told.bidLeg != nobody && v.bidLeg == nobody || r.told.askLeg != nobody && v.askLeg == nobody
	switch {
	case live > 0 && open == 0:
		v.status = market.Halted
	case live == 0 || lacks:
		v.status, v.reason = market.Stale, cmp.Or(r.reason, market.Disconnected)
	default:
		return
	}
	kept := r.told
	kept.status, kept.reason = v.status, v.reason
	*v = kept
}
