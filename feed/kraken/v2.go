package kraken

import (
	"cmp"

	"ticker/feed"
	"ticker/market"
)

// object reads a message of version 2. The events of version 1 are objects
// too, and have no channel of that name.
func (p *Parser) object(emit func(*market.Update)) error {
	c, snapshot := unused, false
	var data []byte
	var e event
	r := &p.record
	for r.Object(); r.More(); {
		switch string(r.Key()) {
		case "channel":
			if c = channelOf(r.Word()); c == unused {
				return feed.ErrSkipped
			}
		case "type":
			snapshot = string(r.Word()) == "snapshot"
		case "data":
			data = r.Raw()
		case "channelName":
			e.channel = channelOf(r.Word())
		case "pair":
			r.Symbol()
		case "status":
			e.subscribed = string(r.Word()) == "subscribed"
		default:
			r.Skip()
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if e.subscribed && e.channel == trade {
		p.begun.add(r.Update.Symbol)
	}
	switch c {
	case ticker:
		return p.data(data, stream{market.Quotes, false}, emit)
	case trade:
		return p.data(data, stream{market.Trades, !snapshot}, emit)
	case spread, unused:
	}
	return feed.ErrSkipped
}

// stream is what all updates of a message have in common.
type stream struct {
	channel market.Channel
	trades  bool
}

// data reads a list of tickers or of trades.
func (p *Parser) data(text []byte, of stream, emit func(*market.Update)) error {
	r := &p.record
	var refused error
	r.Open(text)
	for r.Array(); r.More(); {
		r.Begin()
		for key := range r.Fields() {
			p.field(key)
		}
		r.Update.Channel, r.Update.Trade = of.channel, of.trades
		refused = cmp.Or(refused, r.Emit(emit))
	}
	return cmp.Or(r.Close(), refused)
}

// field reads one field of a ticker or of a trade; what they share a name for
// has one meaning.
func (p *Parser) field(key []byte) {
	r := &p.record
	switch string(key) {
	case "symbol":
		r.Symbol()
	case "timestamp":
		r.Clock()
	case "trade_id":
		r.Update.Seq = r.ID()
	case "bid":
		r.Value(market.Bid)
	case "bid_qty":
		r.Value(market.BidSize)
	case "ask":
		r.Value(market.Ask)
	case "ask_qty":
		r.Value(market.AskSize)
	case "last", "price":
		r.Value(market.Last)
	case "qty":
		r.Value(market.LastSize)
	case "low":
		r.Value(market.Low)
	case "high":
		r.Value(market.High)
	case "volume":
		r.Value(market.Volume)
	default:
		r.Skip()
	}
}
