package binance

import (
	"cmp"
	"errors"
	"fmt"

	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/internal/jsonscan"
	"ticker/market"
)

// Statistics is the channel of 24hrTicker and 24hrMiniTicker, which are in
// order by time and not by any sequence of the other channels.
const Statistics market.Channel = market.Trades + 1

// event is a kind of payload, as far as kinds differ to us.
type event uint8

const (
	unnamed event = iota
	bookTicker
	aggTrade
	trade
	statistics
	unused
)

func eventOf(name []byte) event {
	switch string(name) {
	case "bookTicker":
		return bookTicker
	case "aggTrade":
		return aggTrade
	case "trade":
		return trade
	case "24hrTicker", "24hrMiniTicker":
		return statistics
	}
	return unused
}

// Parser is a feed.Parser of Binance messages.
type Parser struct {
	record venue.Record
	event  event
	fields letters
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection. canonical returns our name for one of
// Binance ("BTCUSDT"); nil parts it before the quote asset.
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
	if r.Kind() == jsonscan.Array {
		return p.list(message, emit)
	}
	p.event, p.fields.seen = unnamed, 0
	var list []byte
	for r.Object(); r.More(); {
		switch key := r.Key(); {
		case string(key) != "data":
			p.field(key)
		case r.Kind() == jsonscan.Array:
			list = r.Raw()
		default:
			p.wrapped()
		}
		if p.event == unused {
			return feed.ErrSkipped
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	if list != nil {
		return p.list(list, emit)
	}
	return p.finish(emit)
}

// wrapped reads the payload in a message of a combined stream, up to the name
// of an event that is not used.
func (p *Parser) wrapped() {
	for key := range p.record.Fields() {
		if p.field(key); p.event == unused {
			return
		}
	}
}

// list reads the payloads of a stream of all symbols. They are skipped as a
// whole if none is of use.
func (p *Parser) list(text []byte, emit func(*market.Update)) error {
	var frame jsonscan.Scanner
	var refused error
	skipped := feed.ErrSkipped
	frame.Reset(text)
	for frame.Array(); frame.More(); {
		switch err := p.Parse(frame.Raw(), emit); {
		case err == nil:
			skipped = nil
		case !errors.Is(err, feed.ErrSkipped):
			refused = cmp.Or(refused, err)
		}
	}
	if err := frame.End(); err != nil {
		return fmt.Errorf("%w: %w", feed.ErrMalformed, err)
	}
	return cmp.Or(refused, skipped)
}

// field collects one field of a payload.
func (p *Parser) field(key []byte) {
	if len(key) != 1 {
		p.record.Skip()
		return
	}
	letter := key[0] // reading the value may overwrite the key
	if letter == 'e' {
		p.event = eventOf(p.record.Word())
	} else {
		p.fields.put(letter, p.record.Raw())
	}
}

// finish makes an update of the fields of a payload and emits it.
func (p *Parser) finish(emit func(*market.Update)) error {
	if f := &p.fields; p.event == unnamed && f.has('u') && (f.has('b') || f.has('a')) {
		p.event = bookTicker // the one of the spot market, which has no name
	}
	switch p.event {
	case bookTicker:
		p.quote()
	case aggTrade:
		p.trade('a')
	case trade:
		p.trade('t')
	case statistics:
		p.statistics()
	case unnamed, unused:
		return feed.ErrSkipped
	}
	p.record.Name(p.fields.get('s'))
	return p.record.Emit(emit)
}

func (p *Parser) quote() {
	p.order(market.Quotes, 'u', 'T')
	p.value(market.Bid, 'b')
	p.value(market.BidSize, 'B')
	p.value(market.Ask, 'a')
	p.value(market.AskSize, 'A')
}

func (p *Parser) trade(id byte) {
	p.order(market.Trades, id, 'T')
	p.value(market.Last, 'p')
	p.value(market.LastSize, 'q')
	p.record.Update.Trade = true
}

func (p *Parser) statistics() {
	p.order(Statistics, none, 'E')
	p.value(market.Last, 'c')
	p.value(market.LastSize, 'Q')
	p.value(market.Open, 'o')
	p.value(market.High, 'h')
	p.value(market.Low, 'l')
	p.value(market.Volume, 'v')
}

func (p *Parser) value(f market.Field, letter byte) {
	if text := p.fields.get(letter); text != nil {
		p.record.Put(f, text)
	}
}

// order sets what gives the update its place. Without a time of its own an
// update takes that of its event.
func (p *Parser) order(c market.Channel, id, time byte) {
	u := &p.record.Update
	u.Channel, u.Seq = c, venue.Number(p.fields.get(id))
	text := p.fields.get(time)
	if text == nil {
		text = p.fields.get('E')
	}
	if text != nil {
		p.record.At(micros(text))
	}
}

// micros reads a time in milliseconds, or in microseconds where those were
// asked for. As milliseconds, the first such number is a time after the year
// 5000.
func micros(text []byte) (int64, bool) {
	at, ok := venue.Fixed(text, venue.Millis)
	if at >= 1e17 {
		at /= 1000
	}
	return at, ok
}
