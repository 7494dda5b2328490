package push

import (
	"errors"
	"fmt"
	"iter"

	"ticker/feed"
)

// Codes of a Rejected record.
const (
	BadMessage = "bad_message" // no JSON object
	BadSymbol  = "bad_symbol"
	BadRequest = "bad_request" // an object that is no quote
	Forbidden  = "forbidden"
)

// Rejected is a record of a body that was refused.
type Rejected struct {
	// Line is the line of NDJSON or the position in an array, from 1.
	Line int `json:"line"`
	// Code is one of the four above, Message the reason for people.
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Code returns the code of an error of Publish that refuses the record.
func Code(err error) string {
	switch {
	case errors.Is(err, feed.ErrMalformed):
		return BadMessage
	case errors.Is(err, feed.ErrSymbol):
		return BadSymbol
	case errors.Is(err, ErrForbidden):
		return Forbidden
	}
	return BadRequest
}

// publication is one body on its way.
type publication struct {
	source *Source
	batch  *batch
	allow  Allow

	refused  int // rejected, and in the batch to become so
	accepted int
	rejected []Rejected
}

// publish reads the records and hands them over, batch after batch.
func (p *publication) publish(records iter.Seq2[int, []byte]) error {
	unread := 0
	for line, record := range records {
		if p.refused == p.source.rejections {
			unread = line
			break
		}
		if p.batch.read(line, record, p.allow) != nil {
			p.refused++
		}
		if p.batch.full() {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	if err := p.flush(); err != nil {
		return err
	}
	if unread > 0 {
		p.rejected = append(p.rejected, Rejected{unread, BadRequest, fmt.Sprintf(
			"%d records were refused; the body was not read from here on", p.refused)})
	}
	return nil
}

// flush hands the batch over and notes what became of its records. It does so
// for an empty batch too: even an empty body needs a feed that runs.
func (p *publication) flush() error {
	if err := p.source.deliver(p.batch); err != nil {
		return err
	}
	for i := range p.batch.entries[:p.batch.n] {
		if e := &p.batch.entries[i]; e.err == nil {
			p.accepted++
		} else {
			p.rejected = append(p.rejected, Rejected{e.line, Code(e.err), e.err.Error()})
		}
	}
	p.batch.reset()
	return nil
}
