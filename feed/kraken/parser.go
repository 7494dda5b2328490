package kraken

import (
	"ticker/feed"
	"ticker/feed/internal/venue"
	"ticker/internal/jsonscan"
	"ticker/market"
)

// channel is a stream, as far as streams differ to us.
type channel uint8

const (
	unused channel = iota
	ticker
	spread
	trade
)

func channelOf(name []byte) channel {
	switch string(name) {
	case "ticker":
		return ticker
	case "spread":
		return spread
	case "trade":
		return trade
	}
	return unused
}

// Parser is a feed.Parser of Kraken messages of either version.
type Parser struct {
	record venue.Record
	begun  subscriptions
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection. name gives our name for one of
// Kraken, of either version; nil stands for Kraken's own rule.
func New(name func(native string) string) *Parser {
	if name == nil {
		name = canonical
	}
	return &Parser{record: venue.NewRecord(name), begun: make(subscriptions)}
}

// Parse implements feed.Parser.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	p.record.Open(message)
	if p.record.Kind() == jsonscan.Array {
		return p.array(emit)
	}
	return p.object(emit)
}
