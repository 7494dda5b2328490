package composite

import (
	"time"

	"ticker/market"
)

// futureMicros is how far ahead of this machine a time at the source may be and
// still order updates; it is what the book allows.
const futureMicros = int64(24 * time.Hour / time.Microsecond)

// head is the newest accepted place of a leg on a channel.
type head struct {
	channel market.Channel
	link    uint64 // the line and its connection
	seq     uint64
	ts      int64
}

// order is the place of a leg on each of its channels, of which it has few.
type order []head

// judge decides whether an update may be folded, by the rules of the book, and
// notes its place.
func (o *order) judge(u *market.Update, wall int64) market.Outcome {
	h := o.head(u.Channel)
	link := uint64(u.Source)<<32 | uint64(u.Link)
	switch {
	case u.Seq != 0 && h.seq != 0:
		anew := link != h.link && (u.TS == 0 || h.ts == 0 || u.TS > h.ts)
		if u.Seq < h.seq && !anew {
			return market.Late
		}
		if u.Seq == h.seq && u.Trade {
			return market.Duplicate
		}
	case u.TS != 0 && u.TS < h.ts:
		return market.Late
	}
	h.link = link
	if u.Seq != 0 {
		h.seq = u.Seq
	}
	if u.TS != 0 && u.TS-wall <= futureMicros {
		h.ts = u.TS
	}
	return market.Accepted
}

func (o *order) head(channel market.Channel) *head {
	for i := range *o {
		if h := &(*o)[i]; h.channel == channel {
			return h
		}
	}
	*o = append(*o, head{channel: channel})
	return &(*o)[len(*o)-1]
}
