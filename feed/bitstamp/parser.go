package bitstamp

import (
	"bytes"

	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/internal/jsonscan"
	"ticker/market"
)

// kind is what the event or the channel of a message says it is.
type kind uint8

const (
	untold kind = iota
	trade
	book
	unused
)

func eventKind(name []byte) kind {
	switch string(name) {
	case "trade":
		return trade
	case "data":
		return book
	}
	return unused
}

// channelKind tells the kind of a channel and the pair in its name.
func channelKind(name []byte) (k kind, pair []byte) {
	if pair, ok := bytes.CutPrefix(name, []byte("live_trades_")); ok {
		return trade, pair
	}
	if pair, ok := bytes.CutPrefix(name, []byte("order_book_")); ok {
		return book, pair
	}
	return unused, nil
}

// Parser is a feed.Parser of Bitstamp messages.
type Parser struct {
	record         venue.Record
	event, channel kind
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection. canonical returns our name for one of
// Bitstamp ("btcusd"); nil parts it before the quote asset.
func New(canonical func(native string) string) *Parser {
	if canonical == nil {
		canonical = rules().Canonical
	}
	return &Parser{record: venue.NewRecord(canonical)}
}

// Parse implements feed.Parser. Bitstamp names the kind of a message behind
// its data, so the data are read for what any kind may hold.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	r := &p.record
	r.Open(message)
	p.event, p.channel = untold, untold
	for r.Object(); r.More(); {
		p.field(r.Key())
		if p.event == unused || p.channel == unused {
			return feed.ErrSkipped
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if p.event != p.channel || p.event == untold {
		return feed.ErrSkipped
	}
	if p.event == trade {
		r.Update.Channel, r.Update.Trade = market.Trades, true
	}
	return r.Emit(emit)
}

func (p *Parser) field(key []byte) {
	r := &p.record
	switch string(key) {
	case "event":
		p.event = eventKind(r.Word())
	case "channel":
		var pair []byte
		if p.channel, pair = channelKind(r.Word()); p.channel != unused {
			r.Name(pair)
		}
	case "data":
		p.data()
	default:
		r.Skip()
	}
}

// data reads a trade or a book. Answers have a text there, or nothing.
func (p *Parser) data() {
	r := &p.record
	if r.Kind() != jsonscan.Object {
		r.Skip()
		return
	}
	for r.Object(); r.More(); {
		p.datum(r.Key())
	}
}

func (p *Parser) datum(key []byte) {
	r := &p.record
	switch string(key) {
	case "id":
		r.Update.Seq = r.ID()
	case "microtimestamp":
		r.Stamp(venue.Micros)
	case "price_str":
		r.Value(market.Last)
	case "amount_str":
		r.Value(market.LastSize)
	case "price":
		p.twin(market.Last)
	case "amount":
		p.twin(market.LastSize)
	case "bids":
		r.Best(market.Bid, market.BidSize)
	case "asks":
		r.Best(market.Ask, market.AskSize)
	default:
		r.Skip()
	}
}

// twin reads a number that stands in the message as text, too. The text has
// all digits and wins, whichever comes first.
func (p *Parser) twin(f market.Field) {
	if r := &p.record; r.Update.Set.Has(f) {
		r.Skip()
	} else {
		r.Value(f)
	}
}
