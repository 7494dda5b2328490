package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"ticker/wire"
)

const (
	eventStreamType = "text/event-stream"
	// eventSubscribed is the event that answers the subscribe in the address.
	eventSubscribed = "subscribed"
)

// readEvents follows a wish over Server-Sent Events.
func (r *requests) readEvents(ctx context.Context, w *wish, tell teller) error {
	ctx, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	watched := &watchedBody{patience: r.cfg.CommandTimeout}
	watched.timer = time.AfterFunc(watched.patience, func() { quit(errSilent) })
	defer watched.timer.Stop()
	response, err := r.getEvents(ctx, w)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	watched.Reader = response.Body
	events := &eventReader{inbox: &r.inbox, stream: newEventStream(watched, int(r.cfg.MaxMessageBytes))}
	err = events.forward(watched, tell)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (r *requests) getEvents(ctx context.Context, w *wish) (*http.Response, error) {
	params := w.params()
	if w.options.delta {
		params.Set("mode", "delta")
	}
	if w.options.envelope {
		params.Set("envelope", "true")
	}
	addNumber(params, "bandwidth", w.bandwidth)
	header := http.Header{"Accept": {eventStreamType}}
	if w.since != "" {
		header.Set("Last-Event-Id", w.since)
	}
	response, err := r.get(ctx, r.address(w, params), header)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind != eventStreamType {
		_ = response.Body.Close()
		return nil, foreignError("event stream")
	}
	return response, nil
}

// watchedBody ends a read that takes longer than the patience. Whatever comes in
// counts as a sign of life; the time between two reads does not count.
type watchedBody struct {
	io.Reader
	timer    *time.Timer
	patience time.Duration
}

// Read implements io.Reader.
func (b *watchedBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.patience)
	defer b.timer.Stop()
	return b.Reader.Read(p)
}

// eventReader makes messages of the events of one stream.
type eventReader struct {
	inbox   *inbox
	stream  *eventStream
	garbage garbage
}

// forward tells all that comes, from the welcome on. The error is the end of the
// stream.
func (e *eventReader) forward(body *watchedBody, tell teller) error {
	welcome, size, err := e.greet()
	if err != nil {
		return err
	}
	body.patience = heartbeats * heartbeatOf(welcome)
	for m := wire.Message(welcome); ; {
		if err := tell(m, size); err != nil {
			return err
		}
		if m, size, err = e.next(); err != nil {
			return err
		}
	}
}

// greet reads the welcome.
func (e *eventReader) greet() (*wire.Welcome, int, error) {
	for range maxGarbage {
		m, size, err := e.next()
		if err != nil {
			return nil, 0, err
		}
		if w, ok := m.(*wire.Welcome); ok {
			return w, size, nil
		}
	}
	return nil, 0, errNoWelcome
}

// next returns the next message that makes sense, and its length.
func (e *eventReader) next() (wire.Message, int, error) {
	for {
		event, err := e.stream.next()
		if errors.Is(err, io.EOF) {
			return nil, 0, errors.New("event stream ended")
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read event stream: %w", err)
		}
		m, err := e.parse(&event)
		if err == nil {
			return m, len(event.data), nil
		}
		if err = e.garbage.add(e.inbox, err); err != nil {
			return nil, 0, err
		}
	}
}

func (e *eventReader) parse(event *streamEvent) (wire.Message, error) {
	if event.name != eventSubscribed {
		return e.inbox.parse(wire.JSON, event.data)
	}
	e.inbox.count(event.data)
	result := new(wire.Subscribed)
	return result, wire.JSON.ParseResult(event.data, result)
}
