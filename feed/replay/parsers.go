package replay

import (
	"ticker/feed"
	"ticker/feed/venues"
	"ticker/market"
)

// newParser returns a parser for the recording of one connection to a venue,
// or of records of this service if venue is empty.
func newParser(venue string) (feed.Parser, error) {
	if venue == "" {
		return newQuotes(), nil
	}
	return venues.Parser(venue)
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
