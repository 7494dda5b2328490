package kraken

import (
	"strings"

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
}

var _ feed.Parser = (*Parser)(nil)

// New returns a Parser for one connection.
func New() *Parser {
	return &Parser{record: venue.NewRecord(canonical)}
}

// canonical writes a pair with a dash and with the usual names of the two
// assets that Kraken names its own way.
func canonical(native string) string {
	base, quote, ok := strings.Cut(native, "/")
	if !ok {
		return asset(native)
	}
	return asset(base) + "-" + asset(quote)
}

func asset(name string) string {
	switch name {
	case "XBT":
		return "BTC"
	case "XDG":
		return "DOGE"
	}
	return name
}

// Parse implements feed.Parser.
func (p *Parser) Parse(message []byte, emit func(*market.Update)) error {
	p.record.Open(message)
	if p.record.Kind() == jsonscan.Array {
		return p.array(emit)
	}
	return p.object(emit)
}
