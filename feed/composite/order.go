package composite

import "ticker/market"

// head is the order of a leg on a channel.
type head struct {
	channel market.Channel
	order   market.Order
}

// order is the place of a leg on each of its channels, of which it has few.
type order []head

// judge decides whether an update may be folded, by the rules of the book, and
// notes its place.
func (o *order) judge(u *market.Update, wall int64) market.Outcome {
	return o.head(u.Channel).order.Judge(u, uint64(u.Source)<<32|uint64(u.Link), wall)
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
