package coinbase

import (
	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// kind is a type of message, as far as types differ to us.
type kind uint8

const (
	untold kind = iota
	ticker
	match
	lastMatch
	unused
)

func kindOf(name []byte) kind {
	switch string(name) {
	case "ticker":
		return ticker
	case "match":
		return match
	case "last_match":
		return lastMatch
	}
	return unused
}

// Parser is a feed.Parser of Coinbase Exchange messages.
type Parser struct {
	record            venue.Record
	kind              kind
	sequence, tradeID uint64
	// matched is the newest trade of each symbol, for those who have heartbeats to
	// compare it with; nil keeps none.
	matched map[market.Symbol]uint64
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection. canonical gives our name for one of
// Coinbase; nil stands for Coinbase's own, which are canonical.
func New(canonical func(native string) string) *Parser {
	if canonical == nil {
		canonical = rules().Canonical
	}
	return &Parser{record: venue.NewRecord(canonical)}
}

// Parse implements feed.Parser.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	r := &p.record
	r.Open(message)
	p.kind, p.sequence, p.tradeID = untold, 0, 0
	for r.Object(); r.More(); {
		p.field(r.Key())
		if p.kind == unused {
			return feed.ErrSkipped
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	switch u := &r.Update; p.kind {
	case ticker:
		u.Channel, u.Seq = market.Quotes, p.sequence
	case match, lastMatch:
		u.Channel, u.Seq, u.Trade = market.Trades, p.tradeID, p.kind == match
		p.note(u)
	case untold, unused:
		return feed.ErrSkipped
	}
	return r.Emit(emit)
}

// note keeps the id of a trade, if anybody wants it.
func (p *Parser) note(u *market.Update) {
	if p.matched != nil && u.Seq > p.matched[u.Symbol] {
		p.matched[u.Symbol] = u.Seq
	}
}

// field reads one field. Those of a ticker and of a match that share a name
// share their meaning.
func (p *Parser) field(key []byte) {
	r := &p.record
	switch string(key) {
	case "type":
		p.kind = kindOf(r.Word())
	case "product_id":
		r.Symbol()
	case "sequence":
		p.sequence = r.ID()
	case "trade_id":
		p.tradeID = r.ID()
	case "time":
		r.Clock()
	case "best_bid":
		r.Value(market.Bid)
	case "best_bid_size":
		r.Value(market.BidSize)
	case "best_ask":
		r.Value(market.Ask)
	case "best_ask_size":
		r.Value(market.AskSize)
	case "price":
		r.Value(market.Last)
	case "size", "last_size":
		r.Value(market.LastSize)
	case "open_24h":
		r.Value(market.Open)
	case "high_24h":
		r.Value(market.High)
	case "low_24h":
		r.Value(market.Low)
	case "volume_24h":
		r.Value(market.Volume)
	default:
		r.Skip()
	}
}
