package okx

import (
	"cmp"

	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/market"
)

// Statistics is the channel of tickers where bbo-tbt is read beside them: these
// have the newer quote, and a time that says nothing of that of a ticker.
const Statistics market.Channel = market.Trades + 1

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
	// besideBBO says that quotes come from bbo-tbt, and tickers have the rest.
	besideBBO bool

	// What follows is of the message at hand.

	channel channel
	symbol  market.Symbol // of the argument
	held    bool          // an entry is read and not emitted
	refused error         // why the first bad entry was refused
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection. canonical returns our name for one of
// OKX; nil takes it as it is.
func New(canonical func(native string) string) *Parser {
	if canonical == nil {
		canonical = rules().Canonical
	}
	return &Parser{record: venue.NewRecord(canonical)}
}

// Parse implements feed.Parser. OKX says first what the data are; where it does
// not, they wait until it does.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	if string(message) == "pong" {
		return feed.ErrSkipped
	}
	var waiting []byte
	read := false
	p.channel, p.held, p.refused = unused, false, nil
	r := &p.record
	r.Open(message)
	for r.Object(); r.More(); {
		switch key := r.Key(); {
		case read:
			r.Skip()
		case string(key) == "event":
			return feed.ErrSkipped
		case string(key) == "arg":
			if p.arg(); p.channel == unused {
				return feed.ErrSkipped
			}
		case string(key) != "data":
			r.Skip()
		case p.channel == unused:
			waiting = r.Raw()
		default:
			p.entries(emit)
			read = true
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if p.channel == unused {
		return feed.ErrSkipped
	}
	if !read {
		r.Open(waiting)
		p.entries(emit)
		if err := r.Close(); err != nil {
			return err
		}
	}
	p.release(emit)
	return p.refused
}

// arg reads which stream the message is of. It has the symbol too, as the
// entries of some streams do not.
func (p *Parser) arg() {
	r := &p.record
	for key := range r.Fields() {
		switch string(key) {
		case "channel":
			p.channel = channelOf(r.Word())
		case "instId":
			r.Symbol()
		default:
			r.Skip()
		}
	}
	p.symbol = r.Update.Symbol
}

// entries reads the entries of a stream. Each is held until another follows it, so
// that a message of one entry, as nearly all are, is known to be whole before
// anything of it counts.
func (p *Parser) entries(emit func(*market.Update)) {
	r := &p.record
	for r.Array(); r.More(); {
		p.release(emit)
		r.Begin()
		r.Update.Symbol = p.symbol
		for key := range r.Fields() {
			p.field(key)
		}
		p.held = p.place()
	}
}

// release emits the entry that is held.
func (p *Parser) release(emit func(*market.Update)) {
	if p.held {
		p.held = false
		p.refused = cmp.Or(p.refused, p.record.Emit(emit))
	}
}

// place gives the update its channel, and reports whether anything of it is left:
// of a ticker that has nothing but a quote, bbo-tbt has told all.
func (p *Parser) place() bool {
	u := &p.record.Update
	switch {
	case p.channel == trades:
		u.Channel, u.Trade = market.Trades, true
	case p.channel == tickers && p.besideBBO:
		u.Channel = Statistics
		quoted := u.Set&quote != 0
		u.Set &^= quote
		return !quoted || u.Set != 0
	}
	return true
}

// quote is the fields that bbo-tbt has.
const quote = market.Fields(1<<market.Bid | 1<<market.BidSize | 1<<market.Ask | 1<<market.AskSize)

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
