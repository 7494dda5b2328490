package composite

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/book"
	"ticker/market"
)

// offer is one side of one leg in the model: no offer has the price 0, and one
// without a size has the size -1.
type offer struct {
	leg                int
	price, size, since int64
}

// modelLeg is what the model knows of a leg.
type modelLeg struct {
	live, halted bool
	bid, ask     offer
	at           int64
}

// model finds the best bid and offer the slow and obvious way: by sorting.
type model struct {
	legs             []modelLeg
	now              int64
	reason           market.Reason
	hasBid, hasAsk   bool // the record
	bidSize, askSize bool // the record's sides have a size
	last             string
	shown            string // bid, ask and source
	status           string
	told             int
}

func (m *model) quote(leg int, bid, ask offer) {
	m.now++
	l := &m.legs[leg]
	l.live, l.at = true, m.now
	for _, side := range []struct{ was, is *offer }{{&l.bid, &bid}, {&l.ask, &ask}} {
		side.is.leg, side.is.since = leg, m.now
		if side.was.price == side.is.price && side.was.size == side.is.size {
			side.is.since = side.was.since
		}
	}
	l.bid, l.ask = bid, ask
}

func (m *model) lose(leg int, reason market.Reason) {
	if l := &m.legs[leg]; l.live {
		m.reason, l.live, l.bid, l.ask = reason, false, offer{}, offer{}
	}
}

// sides returns all bids and asks that count, the best one first.
func (m *model) sides() (bids, asks []offer) {
	for _, l := range m.legs {
		if !l.live || l.halted || l.ask.price != 0 && l.bid.price > l.ask.price {
			continue
		}
		if l.bid.price != 0 {
			bids = append(bids, l.bid)
		}
		if l.ask.price != 0 {
			asks = append(asks, l.ask)
		}
	}
	slices.SortFunc(bids, func(a, b offer) int {
		return cmp.Or(cmp.Compare(b.price, a.price), cmp.Compare(max(0, b.size), max(0, a.size)), cmp.Compare(a.since, b.since))
	})
	slices.SortFunc(asks, func(a, b offer) int {
		return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(max(0, b.size), max(0, a.size)), cmp.Compare(a.since, b.since))
	})
	for len(bids) > 0 && len(asks) > 0 && bids[0].price > asks[0].price {
		older := bids[0].leg
		if m.legs[asks[0].leg].at < m.legs[older].at {
			older = asks[0].leg
		}
		of := func(o offer) bool { return o.leg == older }
		bids, asks = slices.DeleteFunc(bids, of), slices.DeleteFunc(asks, of)
	}
	return bids, asks
}

// show works out the record and counts what the book is told.
func (m *model) show(traded bool) {
	live, open := 0, 0
	for _, l := range m.legs {
		if l.live {
			live++
			if !l.halted {
				open++
			}
		}
	}
	bids, asks := m.sides()
	before := m.shown + m.status
	switch {
	case live > 0 && open == 0:
		m.status = "halted "
	case live == 0, m.hasBid && len(bids) == 0, m.hasAsk && len(asks) == 0:
		m.status = "stale " + cmp.Or(m.reason, market.Disconnected).String()
	default:
		m.status = "live "
		bid, bidLeg := bestOf(bids, &m.hasBid, &m.bidSize)
		ask, askLeg := bestOf(asks, &m.hasAsk, &m.askSize)
		m.shown = bid + " " + ask + " bbo:" + bidLeg + "/" + askLeg
	}
	if traded || m.shown+m.status != before {
		m.told++
	}
}

// bestOf writes the best of a side, and whose it is.
func bestOf(best []offer, has, sized *bool) (text, leg string) {
	if len(best) == 0 {
		return ". .", ""
	}
	o := best[0]
	*has, *sized = true, *sized || o.size >= 0
	size := "."
	if *sized {
		size = fmt.Sprint(max(0, o.size))
	}
	return fmt.Sprint(o.price, " ", size), string(rune('a' + o.leg))
}

func drawOffer(t *rapid.T, name string) offer {
	if rapid.IntRange(0, 5).Draw(t, "without "+name) == 0 {
		return offer{}
	}
	return offer{price: rapid.Int64Range(1, 9).Draw(t, name), size: rapid.SampledFrom([]int64{-1, 1, 2}).Draw(t, name+" size")}
}

// update says all of a leg's sides: one that is not there has the size 0.
func update(bid, ask offer) market.Update {
	u := quoteOf("")
	for _, s := range []struct {
		offer
		price, size market.Field
	}{{bid, market.Bid, market.BidSize}, {ask, market.Ask, market.AskSize}} {
		u.Put(s.price, market.NewDecimal(s.offer.price, 0))
		if s.offer.size >= 0 {
			u.Put(s.size, market.NewDecimal(s.offer.size, 0))
		}
	}
	return u
}

func TestRecordIsThatOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		legs := rapid.IntRange(1, 3).Draw(t, "legs")
		r, m := newRig(t, legs, book.Config{}), &model{legs: make([]modelLeg, legs), last: ". ."}
		// A leg has sizes always or never: an update cannot take one away.
		sized := rapid.SliceOfN(rapid.Bool(), legs, legs).Draw(t, "sized")
		begin(r, m)
		for seq := range rapid.Uint64Range(1, 50).Draw(t, "steps") {
			act(t, r, m, sized, seq+1)
			q := r.quote()
			shown := m.shown + " " + m.status
			got := values(q.Known&^(1<<market.Last|1<<market.LastSize), &q.Values)
			got = got[:len(got)-len(" . .")] + " " + q.Source + " " + q.Status.String() + " " + q.Reason.String()
			if got != shown {
				t.Fatalf("record %s, want %s", got, shown)
			}
			if last, _ := q.Value(market.Last); m.last != ". ." && last.String() != m.last {
				t.Fatalf("last %s, want %s", last, m.last)
			}
			if len(r.book.accepted) != m.told {
				t.Fatalf("the book was told %d times, want %d", len(r.book.accepted), m.told)
			}
		}
	})
}

// begin has the first leg quote, as nothing is kept of a symbol before.
func begin(r *rig, m *model) {
	bid, ask := offer{price: 4, size: 1}, offer{price: 5, size: 1}
	u := update(bid, ask)
	r.apply(0, &u)
	m.quote(0, bid, ask)
	m.show(false)
}

// act has something happen to the rig and to the model.
func act(t *rapid.T, r *rig, m *model, sized []bool, seq uint64) {
	leg := rapid.IntRange(0, len(m.legs)-1).Draw(t, "leg")
	traded := false
	switch what := rapid.SampledFrom([]string{"quote", "quote", "quote", "trade", "lose", "halt", "open"}).Draw(t, "what"); what {
	case "quote":
		bid, ask := drawOffer(t, "bid"), drawOffer(t, "ask")
		for _, o := range []*offer{&bid, &ask} {
			if !sized[leg] && leg > 0 && o.price != 0 {
				o.size = -1
			} else if o.price != 0 {
				o.size = max(1, o.size)
			}
		}
		if !sized[leg] && leg > 0 && (bid.price == 0 || ask.price == 0) {
			return // it has no way to say so
		}
		u := update(bid, ask)
		r.apply(leg, &u)
		m.quote(leg, bid, ask)
	case "trade":
		u := tradeOf(seq, fmt.Sprint(seq), "1")
		r.apply(leg, &u)
		m.legs[leg].live, m.last, traded = true, fmt.Sprint(seq), true
	case "lose":
		reason := rapid.SampledFrom([]market.Reason{market.Disconnected, market.Silent}).Draw(t, "reason")
		r.kill(leg, reason)
		m.lose(leg, reason)
	case "halt", "open":
		u := statusOf(map[string]market.Status{"halt": market.Halted, "open": market.Live}[what], 0)
		r.apply(leg, &u)
		m.legs[leg].live, m.legs[leg].halted = true, what == "halt"
	}
	m.show(traded)
}
