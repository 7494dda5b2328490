package okx

import (
	"cmp"

	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// channel is a stream, as far as streams differ to us.
type channel uint8

const (
	unused channel = iota
	tickers
	bbo
	trades
)

func channelOf(name []byte) channel {
	switch string(name) {
	case "tickers":
		return tickers
	case "bbo-tbt":
		return bbo
	case "trades", "trades-all":
		return trades
	}
	return unused
}

// Parser is a feed.Parser of OKX messages.
type Parser struct {
	record venue.Record
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection.
func New() *Parser {
	return &Parser{record: venue.NewRecord(func(native string) string { return native })}
}

// Parse implements feed.Parser.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	if string(message) == "pong" {
		return feed.ErrSkipped
	}
	c := unused
	var data []byte
	r := &p.record
	r.Open(message)
	for r.Object(); r.More(); {
		switch string(r.Key()) {
		case "event":
			return feed.ErrSkipped
		case "arg":
			if c = p.arg(); c == unused {
				return feed.ErrSkipped
			}
		case "data":
			data = r.Raw()
		default:
			r.Skip()
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if c == unused {
		return feed.ErrSkipped
	}
	return p.data(data, c, emit)
}

// arg reads which stream the message is of. It sets the symbol too, as the
// entries of some streams do not.
func (p *Parser) arg() channel {
	c := unused
	r := &p.record
	for key := range r.Fields() {
		switch string(key) {
		case "channel":
			c = channelOf(r.Word())
		case "instId":
			r.Symbol()
		default:
			r.Skip()
		}
	}
	return c
}

// data reads the entries of a stream.
func (p *Parser) data(text []byte, c channel, emit func(*market.Update)) error {
	r := &p.record
	symbol := r.Update.Symbol
	var refused error
	r.Open(text)
	for r.Array(); r.More(); {
		r.Begin()
		u := &r.Update
		u.Symbol = symbol
		for key := range r.Fields() {
			p.field(key)
		}
		if c == trades {
			u.Channel, u.Trade = market.Trades, true
		}
		refused = cmp.Or(refused, r.Emit(emit))
	}
	return cmp.Or(r.Close(), refused)
}

// field reads one field of an entry. No two streams use a name for two things.
func (p *Parser) field(key []byte) {
	r := &p.record
	switch string(key) {
	case "instId":
		r.Symbol()
	case "ts":
		r.Stamp(venue.Millis)
	case "tradeId":
		r.Update.Seq = r.ID()
	case "bidPx":
		r.Value(market.Bid)
	case "bidSz":
		r.Value(market.BidSize)
	case "askPx":
		r.Value(market.Ask)
	case "askSz":
		r.Value(market.AskSize)
	case "bids":
		r.Best(market.Bid, market.BidSize)
	case "asks":
		r.Best(market.Ask, market.AskSize)
	case "last", "px":
		r.Value(market.Last)
	case "lastSz", "sz":
		r.Value(market.LastSize)
	case "open24h":
		r.Value(market.Open)
	case "high24h":
		r.Value(market.High)
	case "low24h":
		r.Value(market.Low)
	case "vol24h":
		r.Value(market.Volume)
	default:
		r.Skip()
	}
}
