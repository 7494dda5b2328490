package nats

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// place is how far a stream was taken: every message up to a number, and none
// behind it.
type place struct {
	created time.Time // the stream; zero before the first look at it
	taken   uint64
}

// of brings the place to a stream as it is now. start says where to begin if this
// is the first look and no durable consumer knows better.
func (p *place) of(stream *jetstream.StreamInfo, start Start) {
	switch {
	case p.created.IsZero() && start == Latest:
		p.taken = stream.State.LastSeq
	case p.created.IsZero():
	case !p.created.Equal(stream.Created):
		p.taken = 0
	default:
		// The numbers of messages that a stream lost at its end are given again.
		p.taken = min(p.taken, stream.State.LastSeq)
	}
	p.created = stream.Created
}

// take notes a message, and reports false for one that was taken before.
func (p *place) take(number uint64) bool {
	if number <= p.taken {
		return false
	}
	p.taken = number
	return true
}
