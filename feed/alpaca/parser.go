package alpaca

import (
	"cmp"
	"fmt"

	"ticker/feed"
	"ticker/feed/internal/live"
	"ticker/feed/internal/venue"
	"ticker/internal/jsonscan"
	"ticker/market"
)

// Statuses is the channel of trading statuses, which are in order among
// themselves and not with quotes or trades.
const Statuses market.Channel = market.Trades + 1

// Parser is a feed.Parser of Alpaca's frames, in JSON and in MessagePack.
type Parser struct {
	record  venue.Record
	packed  packed
	event   event
	emitted bool  // something of the frame
	refused error // the first refusal of the frame
}

var _ live.Marker = (*Parser)(nil)

// New returns a Parser for one connection. canonical gives our name for one of
// Alpaca; nil stands for Alpaca's own, which are canonical.
func New(canonical func(native string) string) *Parser {
	if canonical == nil {
		canonical = rules().Canonical
	}
	return &Parser{record: venue.NewRecord(canonical)}
}

// Parse implements feed.Parser. A frame is read to its end before anything of it
// is emitted.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	p.emitted, p.refused = false, nil
	read := (*Parser).text
	if isPacked(message) {
		read = (*Parser).binary
	}
	if err := read(p, message, emit); err != nil {
		return fmt.Errorf("%w: %w", feed.ErrMalformed, err)
	}
	if p.refused == nil && !p.emitted {
		return feed.ErrSkipped
	}
	return p.refused
}

// text reads a frame of JSON.
func (p *Parser) text(message []byte, emit func(*market.Update)) error {
	r := &p.record
	r.Open(message)
	r.Skip()
	if err := r.End(); err != nil {
		return err
	}
	r.Open(message)
	for r.Array(); r.More(); {
		r.Begin()
		if kind := r.Kind(); kind != jsonscan.Object {
			p.refuse(fmt.Errorf("%w: %s for an event", feed.ErrMalformed, kind))
			r.Skip()
			continue
		}
		p.event = event{}
		for key := range r.Fields() {
			p.event.put(key, p.value())
		}
		p.finish(emit)
	}
	return r.End()
}

// value reads a value of JSON. What is neither a text nor a number is its own
// text, which no field takes for one.
func (p *Parser) value() value {
	r := &p.record
	switch r.Kind() {
	case jsonscan.String:
		return value{text: r.Text()}
	case jsonscan.Null:
		r.Null()
		return value{}
	case jsonscan.Object, jsonscan.Array, jsonscan.Number, jsonscan.Bool, jsonscan.Invalid:
	}
	return value{text: r.Raw()}
}

// binary reads a frame of MessagePack.
func (p *Parser) binary(message []byte, emit func(*market.Update)) error {
	b := &p.packed
	b.reset(message)
	b.skip()
	if err := b.end(); err != nil {
		return err
	}
	b.reset(message)
	for range b.array() {
		p.record.Begin()
		if !b.isMap() {
			p.refuse(fmt.Errorf("%w: no map for an event", feed.ErrMalformed))
			b.skip()
			continue
		}
		b.begin()
		p.event = event{}
		for range b.fields() {
			key := b.value().text
			p.event.put(key, b.value())
		}
		p.finish(emit)
	}
	return b.end()
}

// finish makes an update of the event that was read.
func (p *Parser) finish(emit func(*market.Update)) {
	if !p.event.fill(&p.record) {
		return
	}
	if err := p.record.Emit(emit); err != nil {
		p.refuse(err)
		return
	}
	p.emitted = true
}

// Mark implements live.Marker.
func (p *Parser) Mark() uint64 { return p.event.mark() }

// refuse keeps the first refusal of a frame.
func (p *Parser) refuse(reason error) { p.refused = cmp.Or(p.refused, reason) }
