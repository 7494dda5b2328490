package kraken

import (
	"cmp"
	"fmt"

	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// The elements of an array: channel id, payload, a second payload in some
// updates of a book, name of the channel, pair.
const minParts, maxParts = 4, 5

// array reads a message of version 1.
func (p *Parser) array(emit func(*market.Update)) error {
	var parts [maxParts][]byte
	n, r := 0, &p.record
	for r.Array(); r.More(); n++ {
		if part := r.Raw(); n < maxParts {
			parts[n] = part
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if n < minParts || n > maxParts {
		return fmt.Errorf("%w: %d elements in an array", feed.ErrMalformed, n)
	}
	r.Open(parts[n-2])
	c := channelOf(r.Word())
	if c == unused {
		return feed.ErrSkipped
	}
	r.Open(parts[n-1])
	if r.Symbol(); r.Update.Symbol == "" {
		return r.Emit(emit)
	}
	return p.payload(c, parts[1], emit)
}

// payload reads a payload about the symbol that the record has already.
func (p *Parser) payload(c channel, text []byte, emit func(*market.Update)) error {
	r := &p.record
	r.Reset(text)
	switch c {
	case ticker:
		p.tickerV1()
	case spread:
		r.Columns(market.Bid, market.Ask, venue.Time, market.BidSize, market.AskSize)
	case trade:
		return p.trades(text, emit)
	case unused:
		return feed.ErrSkipped
	}
	return r.Emit(emit)
}

// tickerV1 reads lists of [price, whole lots, lots], of [price, lots], and of
// [today, last 24 hours].
func (p *Parser) tickerV1() {
	r := &p.record
	for key := range r.Fields() {
		switch string(key) {
		case "a":
			r.Columns(market.Ask, venue.Skip, market.AskSize)
		case "b":
			r.Columns(market.Bid, venue.Skip, market.BidSize)
		case "c":
			r.Columns(market.Last, market.LastSize)
		case "v":
			r.Columns(venue.Skip, market.Volume)
		case "l":
			r.Columns(venue.Skip, market.Low)
		case "h":
			r.Columns(venue.Skip, market.High)
		case "o":
			r.Columns(venue.Skip, market.Open)
		default:
			r.Skip()
		}
	}
}

// trades reads a list of [price, size, time, side, type, misc].
func (p *Parser) trades(list []byte, emit func(*market.Update)) error {
	r := &p.record
	symbol := r.Update.Symbol
	replay := p.replays(symbol, list)
	r.Reset(list)
	var refused error
	for r.Array(); r.More(); {
		r.Begin()
		r.Columns(market.Last, market.LastSize, venue.Time)
		u := &r.Update
		u.Symbol, u.Channel, u.Trade = symbol, market.Trades, !replay
		refused = cmp.Or(refused, r.Emit(emit))
	}
	return cmp.Or(r.Close(), refused)
}
