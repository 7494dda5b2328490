package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ticker/wire"
)

const (
	// maxAddress is the longest address of a request that the service takes, and
	// addressRest estimates from above what stands in one besides its base and the
	// names: the longest cursor, escaped, and the options.
	maxAddress  = 4 << 10
	addressRest = 1152
	// requestNames is how many names one request may have.
	requestNames = 500
	// maxRequests bounds the requests that are open at one time. What would need
	// more is refused.
	maxRequests = 32
	// maxAlike is how many of them may be for the same options before they are put
	// together, if that makes half as many.
	maxAlike = 4
)

var errNewEpoch = errors.New("the service was started anew")

// requests is what stands for a connection over SSE and Poll: for each plan a
// request that stays open, or one after the other. A subscription is in the address
// of its request, so that one that changes is another request, which goes on from
// the cursor of the one before.
//
// Each request has a goroutine that reads it and hands over message by message to
// the one that runs all; so there is no queue here either.
type requests struct {
	inbox
	way     Transport
	base    *url.URL // of the route
	room    room     // of a request
	token   func() string
	web     *http.Client
	reached atomic.Bool // a connection came about

	slots    chan struct{} // of questions under way
	incoming chan arrival
	workers  sync.WaitGroup

	// What follows belongs to the goroutine that runs.
	greeted   func(wire.Welcome) // nil once it was called
	epoch     string
	bandwidth int64
	open      []*request       // the oldest first
	pause     <-chan time.Time // until nothing new is asked for; nil for no pause
	asked     time.Duration    // the wait that the service asks for
}

// arrival is what a request brings: a message, which may be a *wire.Subscribed, and
// its length; or the error that is its end.
type arrival struct {
	from    *request
	message wire.Message
	size    int
	err     error
}

func newRequests(in inbox, way Transport, token func() string) (*requests, error) {
	route := pathSSE
	if way == Poll {
		route = pathPoll
	}
	base, err := routeURL(in.cfg.URL, route)
	if err != nil {
		return nil, err
	}
	r := &requests{
		inbox: in, way: way, base: base, token: token, slots: make(chan struct{}, maxCalls), incoming: make(chan arrival),
		room: room{names: requestNames, bytes: maxAddress - addressRest - len(base.RequestURI()), mark: len(",")},
	}
	r.web = newWeb(in.cfg, &r.reached)
	return r, nil
}

// newWeb returns an HTTP client that notes whether it reached anybody. Streams need
// HTTP/1.1, and a redirect is an answer like any other: over WebSocket it is one.
func newWeb(cfg *Config, reached *atomic.Bool) *http.Client {
	dial := cfg.NetDial
	transport := &http.Transport{
		TLSClientConfig:     cfg.TLS,
		Protocols:           new(http.Protocols),
		MaxIdleConnsPerHost: maxRequests,
		DisableCompression:  true,
	}
	transport.Protocols.SetHTTP1(true)
	if dial == nil {
		dial = new(net.Dialer).DialContext
		transport.Proxy = http.ProxyFromEnvironment
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			reached.Store(true)
		}
		return conn, err
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// run implements connection.
func (r *requests) run(ctx context.Context, greeted func(wire.Welcome)) loss {
	ctx, cancel := context.WithCancel(ctx)
	defer r.web.CloseIdleConnections()
	defer r.workers.Wait()
	defer cancel()
	r.greeted = greeted
	err := r.serve(ctx)
	for _, q := range slices.Clone(r.open) {
		r.release(q, q.names, q.place())
	}
	r.set.rewind("", 0)
	if r.greeted != nil {
		err = fmt.Errorf("connect to %s: %w", r.base.Host, err)
	}
	if !r.reached.Load() {
		err = unreachableError{err}
	}
	return loss{err: err, asked: r.asked}
}

// serve returns why there is no use in going on.
func (r *requests) serve(ctx context.Context) error {
	for {
		r.align(ctx)
		if err := r.knock(ctx); err != nil {
			return err
		}
		var err error
		select {
		case a := <-r.incoming:
			err = r.take(&a)
		case <-r.set.changed:
		case <-r.pause:
			r.pause = nil
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// knock finds out whether the service is there when there is nothing to follow that
// would show it.
func (r *requests) knock(ctx context.Context) error {
	if r.greeted == nil || len(r.open) > 0 || r.pause != nil {
		return nil
	}
	if err := r.query(ctx, &wire.Ping{}, nil); err != nil {
		return err
	}
	r.welcome(&wire.Welcome{})
	return nil
}

// welcome begins with the first welcome. Another epoch is another book.
func (r *requests) welcome(w *wire.Welcome) {
	r.epoch = w.Epoch
	if r.greeted != nil {
		r.greeted(*w)
		r.greeted = nil
	}
}

// take does what a message asks for. A request that was given up meanwhile brings
// nothing any more.
func (r *requests) take(a *arrival) error {
	q := a.from
	if !slices.Contains(r.open, q) {
		return nil
	}
	switch m := a.message.(type) {
	case nil:
		return r.failed(q, a.err)
	case *wire.Welcome:
		if r.epoch != "" && r.epoch != m.Epoch {
			return errNewEpoch
		}
		q.welcome = *m
		r.welcome(m)
	case *wire.Subscribed:
		r.grant(q, m)
	case *wire.Quotes:
		if !q.options.delta || r.way == Poll { // which has no delta
			complete(m.Records)
		}
		r.deliver(&q.welcome, m, a.size)
		q.passed(m.Cursor)
	case *wire.Heartbeat:
		q.passed(m.Cursor)
	case *wire.Draining:
		r.asked = m.ReconnectAfter
	}
	return nil
}

// grant settles the plan of a request that was answered. From here on the names
// come from it, and from no older one.
func (r *requests) grant(q *request, result *wire.Subscribed) {
	r.drop(q.names, r.open[:slices.Index(r.open, q)])
	r.granted(&q.plan, result.Interval, verdicts(result), 0)
	q.granted = true
	clear(q.tickets)
}

// failed judges the end of a request. What the service refuses for what is in it is
// settled, or made again after a pause; any other end is the end of all of them.
func (r *requests) failed(q *request, err error) error {
	var refused *Error
	switch {
	case !errors.As(err, &refused), refused.elsewhere():
		return err
	case refused.temporary() && (q.granted || r.greeted != nil):
		return err
	}
	r.release(q, q.names, "")
	if refused.temporary() {
		r.pause = time.After(max(refusalPause, min(refused.RetryAfter, r.cfg.MaxReconnectDelay)))
		return nil
	}
	r.refused(&q.plan, &wire.Error{Code: refused.Code, Message: refused.Message})
	return nil
}

// do implements connection.
func (r *requests) do(ctx context.Context, body wire.Body, into wire.Result) error {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	err := r.query(ctx, body, into)
	var refused *Error
	if errors.As(err, &refused) && refused.Code != "" {
		return &wire.Error{Code: refused.Code, Message: refused.Message}
	}
	return err
}

// query asks over a route of its own. An auth is a question with that token.
func (r *requests) query(ctx context.Context, body wire.Body, into wire.Result) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.CommandTimeout, ErrTimeout)
	defer cancel()
	h := HTTP{URL: r.cfg.URL, Token: r.token(), Client: r.web}
	auth, presents := body.(*wire.Auth)
	if presents {
		h.Token = auth.Token
	}
	text, err := h.ask(ctx, body)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case into == nil || presents:
		return nil
	}
	return wire.JSON.ParseResult(text, into)
}
