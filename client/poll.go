package client

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"ticker/market"
	"ticker/wire"
)

const (
	// pollWait is how long the service may keep a poll that it has nothing to tell.
	pollWait = 25 * time.Second
	// pollGap is the least time between the beginnings of two polls. The service
	// paces them itself; this is for whatever answers in its place.
	pollGap = 20 * time.Millisecond

	headerCursor = "Ticker-Cursor"
	headerEpoch  = "Ticker-Epoch"
)

// pollOn follows a wish by long polling. It makes of the answers the messages that
// other transports bring: the first is a welcome, and the answer to the subscribe,
// too.
func (r *requests) pollOn(ctx context.Context, w *wish, tell teller) error {
	p := poller{requests: r, wish: w, tell: tell, cursor: w.since, seqs: make(map[market.Symbol]uint64)}
	for {
		began := time.Now()
		if err := p.turn(ctx); err != nil {
			return err
		}
		if !sleep(ctx, pollGap-time.Since(began)) {
			return context.Cause(ctx)
		}
	}
}

// poller follows one wish.
type poller struct {
	*requests
	wish    *wish
	tell    teller
	begun   bool
	epoch   string
	cursor  string
	seqs    map[market.Symbol]uint64 // that came last; emptied when there are very many
	garbage garbage
}

// polled is one answer.
type polled struct {
	epoch string
	size  int
	wire.QuoteList
}

// turn makes one poll and tells what it brought. The first is answered at once, to
// learn that polling works.
func (p *poller) turn(ctx context.Context) error {
	wait := pollWait
	if !p.begun {
		wait = 0
	}
	a, err := p.ask(ctx, wait)
	var foreign foreignError
	if p.begun && errors.As(err, &foreign) {
		return p.garbage.add(&p.inbox, err)
	}
	if err != nil {
		return err
	}
	if !p.begun || a.epoch != p.epoch {
		if err := p.tell(&wire.Welcome{Epoch: a.epoch}, 0); err != nil {
			return err
		}
	}
	if !p.begun {
		if err := p.tell(p.subscribed(a.Records), 0); err != nil {
			return err
		}
	}
	p.begun, p.epoch, p.cursor = true, a.epoch, a.Cursor
	return p.pass(a)
}

// ask makes one poll.
func (p *poller) ask(ctx context.Context, wait time.Duration) (*polled, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, wait+p.cfg.CommandTimeout, errSilent)
	defer cancel()
	params := p.wish.params()
	params.Set("wait", wire.FormatDuration(wait))
	addText(params, "cursor", p.cursor)
	response, err := p.get(ctx, p.address(p.wish, params), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	a, err := p.read(response)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return a, err
}

func (p *poller) read(response *http.Response) (*polled, error) {
	a := &polled{epoch: response.Header.Get(headerEpoch)}
	a.Cursor = response.Header.Get(headerCursor)
	if response.StatusCode == http.StatusOK {
		body, err := readAnswer(response, p.cfg.MaxMessageBytes)
		if err != nil {
			return nil, err
		}
		p.count(body)
		a.size = len(body)
		if err := wire.JSON.ParseResult(body, &a.QuoteList); err != nil {
			return nil, foreignError("answer to a poll")
		}
	}
	if !isCursor(a.Cursor) {
		return nil, foreignError("answer to a poll")
	}
	return a, nil
}

// subscribed is what the service would say to a subscribe. When it sends everything
// that it has, names without a record are pending.
func (p *poller) subscribed(records []wire.Record) *wire.Subscribed {
	s := &wire.Subscribed{Interval: p.wish.options.interval, Subscribed: p.wish.names}
	if p.wish.since != "" {
		return s
	}
	sent := make(map[string]bool, len(records))
	for i := range records {
		sent[string(records[i].Symbol)] = true
	}
	for _, name := range p.wish.names {
		if !sent[name] && !strings.HasSuffix(name, "*") {
			s.Pending = append(s.Pending, name)
		}
	}
	return s
}

// pass tells what came that did not come before: a cursor may be a little older than
// the records that it came with.
func (p *poller) pass(a *polled) error {
	if len(p.seqs) >= maxViewSymbols {
		clear(p.seqs)
	}
	a.Records = slices.DeleteFunc(a.Records, func(r wire.Record) bool {
		again := p.seqs[r.Symbol] == r.Seq
		p.seqs[r.Symbol] = r.Seq
		return again
	})
	if len(a.Records) == 0 {
		return p.tell(&wire.Heartbeat{Cursor: a.Cursor}, a.size)
	}
	return p.tell(&wire.Quotes{Cursor: a.Cursor, Records: a.Records}, a.size)
}
