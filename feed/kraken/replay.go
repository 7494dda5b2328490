package kraken

import (
	"time"

	"ticker/feed/internal/venue"
	"ticker/market"
)

const (
	// replaySpan is how far apart, in microseconds, trades lie that were not told as
	// they were made: recordings have Kraken tell of one after a tenth of a second.
	replaySpan = int64(time.Second / time.Microsecond)
	// maxBegun is more than the pairs of one connection.
	maxBegun = 1000
)

// event is what is read of an event of version 1.
type event struct {
	channel    channel
	subscribed bool
}

// subscriptions holds the pairs whose trades are subscribed and were not told of yet.
// Of pairs beyond maxBegun nothing is a replay.
type subscriptions map[market.Symbol]bool

func (s subscriptions) add(symbol market.Symbol) {
	if len(s) < maxBegun {
		s[symbol] = true
	}
}

// take reports whether the trades of a pair are its first, and takes them as told.
func (s subscriptions) take(symbol market.Symbol) bool {
	first := s[symbol]
	delete(s, symbol)
	return first
}

// replays reports whether a list of trades was printed before the pair was subscribed.
// Version 1 does not say so: it is the first list after that, and of no one moment.
func (p *Parser) replays(symbol market.Symbol, list []byte) bool {
	return p.begun.take(symbol) && p.span(list) > replaySpan
}

// span returns how far apart the trades of a list lie.
func (p *Parser) span(list []byte) int64 {
	r := &p.record
	r.Reset(list)
	var first, last int64
	for r.Array(); r.More(); {
		r.Begin()
		r.Columns(venue.Skip, venue.Skip, venue.Time)
		if at := r.Update.TS; at > 0 {
			last = max(last, at)
			if first == 0 || at < first {
				first = at
			}
		}
	}
	return last - first
}
