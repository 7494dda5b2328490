package replay

import (
	"fmt"

	"ticker/feed"
	"ticker/feed/binance"
	"ticker/feed/bitstamp"
	"ticker/feed/coinbase"
	"ticker/feed/kraken"
	"ticker/feed/okx"
	"ticker/market"
)

// newParser returns a parser for the recording of one connection to a venue,
// or of records of this service if venue is empty.
func newParser(venue string) (feed.Parser, error) {
	switch venue {
	case "":
		return newQuotes(), nil
	case "binance":
		return binance.New(binance.Options{}), nil
	case "bitstamp":
		return bitstamp.New(), nil
	case "coinbase":
		return coinbase.New(), nil
	case "kraken":
		return kraken.New(), nil
	case "okx":
		return okx.New(), nil
	}
	return nil, fmt.Errorf("venue %q is none of binance, bitstamp, coinbase, kraken, okx", venue)
}

// quotes is a feed.Parser of this service's own records. Its updates have the
// receive time of the record.
type quotes struct {
	parser feed.QuoteParser
	update market.Update
}

func newQuotes() *quotes {
	return &quotes{parser: feed.QuoteParser{KeepRecv: true}}
}

// Parse implements feed.Parser.
func (q *quotes) Parse(record []byte, emit func(*market.Update)) error {
	if err := q.parser.Parse(record, &q.update); err != nil {
		return err
	}
	emit(&q.update)
	return nil
}
