package payload

import (
	"errors"
	"fmt"

	"ticker/feed"
	"ticker/market"
)

// Reader turns payloads into updates.
type Reader struct {
	to     feed.Sink
	tap    feed.Tap
	parser feed.Parser // nil for quotes of our own
	quotes feed.QuoteParser
	update market.Update
	emit   func(*market.Update)
}

// NewReader returns a Reader. Without a parser the payloads are quotes of our
// own; without a tap nothing is recorded.
func NewReader(to feed.Sink, parser feed.Parser, tap feed.Tap) *Reader {
	return &Reader{to: to, tap: tap, parser: parser, emit: to.Update}
}

// Read reads one payload. When it returns, the sink has all that is in it.
func (r *Reader) Read(payload []byte) {
	if r.tap != nil && r.parser != nil {
		r.tap.Message(payload)
	}
	if r.parser == nil {
		r.records(payload)
		return
	}
	switch err := r.parser.Parse(payload, r.emit); {
	case err == nil:
	case errors.Is(err, feed.ErrSkipped):
		r.to.Alive()
	default:
		r.to.Reject(err, payload)
	}
}

// records reads quotes of our own.
func (r *Reader) records(payload []byte) {
	records, err := feed.SplitBody(payload)
	if err != nil {
		r.to.Reject(err, payload)
		return
	}
	empty := true
	for _, record := range records {
		empty = false
		r.record(record)
	}
	if empty {
		r.to.Reject(fmt.Errorf("%w: the payload is empty", feed.ErrMalformed), payload)
	}
}

func (r *Reader) record(record []byte) {
	if r.tap != nil {
		r.tap.Message(record)
	}
	if err := r.quotes.Parse(record, &r.update); err != nil {
		r.to.Reject(err, record)
		return
	}
	r.to.Update(&r.update)
}
