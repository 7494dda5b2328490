package server_test

import (
	"net/http"
	"strings"
	"time"

	"ticker/wire"
)

// polled is the answer to a poll, read. Without records it was a 204.
type polled struct {
	wire.Quotes
	took time.Duration
}

// poll polls on a connection of its own.
func (r *rig) poll(query string) polled {
	r.t.Helper()
	start := time.Now()
	got := r.get("/v1/poll?" + query)
	return r.polled(got, time.Since(start))
}

// polled reads an answer, which must have one of the two forms that there are.
func (r *rig) polled(got answer, took time.Duration) polled {
	r.t.Helper()
	p := polled{took: took}
	p.Cursor = got.header.Get("Ticker-Cursor")
	if !strings.HasPrefix(p.Cursor, r.book.Epoch()+".") {
		r.t.Fatalf("no cursor in %+v", got)
	}
	if got.status == http.StatusNoContent {
		if got.body != "" || got.header.Get("Content-Type") != "" {
			r.t.Fatalf("something in %+v", got)
		}
		return p
	}
	var list wire.QuoteList
	err := wire.JSON.ParseResult([]byte(got.body), &list)
	if err != nil || got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" ||
		list.Cursor != p.Cursor || len(list.Records) == 0 {
		r.t.Fatalf("%v in %+v", err, got)
	}
	p.Records = list.Records
	return p
}

// found returns symbol=bid of what a poll brought.
func (p *polled) found() []string { return bids(&p.Quotes) }
