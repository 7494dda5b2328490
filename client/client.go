package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"ticker/wire"
)

// Client is one connection to the service that is kept up, with its
// subscriptions. Its methods may be called by any number of goroutines.
type Client struct {
	cfg     Config
	address *url.URL
	set     *set
	stats   counters
	started atomic.Bool
	ended   chan struct{} // closed when Run is about to return

	fallback fallback // of the goroutine that runs

	mu      sync.Mutex
	token   string
	conn    connection    // nil while offline
	changed chan struct{} // closed, and made anew, when conn is set
	err     error         // why Run ended
}

// New returns a client that Run will connect. It starts nothing; the error
// tells of a Config that makes no sense.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	address, err := webSocketURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return &Client{
		cfg: cfg, address: address, set: newSet(), token: cfg.Token,
		ended:    make(chan struct{}),
		fallback: fallback{order: cfg.Transports},
		changed:  make(chan struct{}),
	}, nil
}

// Run connects, and connects again whenever the connection ends, until ctx is
// done, which is no error, or until the service says that coming back unchanged
// is of no use: then the error is, or wraps, a *CloseError or an *Error. It may
// be called once.
func (c *Client) Run(ctx context.Context) (err error) {
	if c.started.Swap(true) {
		return errors.New("run client: it has run before")
	}
	defer func() { c.end(err) }()
	delays := newBackoff(c.cfg.MinReconnectDelay, c.cfg.MaxReconnectDelay, rand.Int64N)
	for {
		way := c.fallback.next(time.Now())
		c.cfg.OnState(State{Phase: Connecting, Transport: way})
		lost := c.connect(ctx, way)
		if ctx.Err() != nil {
			return nil
		}
		switch c.fallback.judge(&lost, time.Now()) {
		case giveUp:
			return lost.err
		case goOn:
			c.cfg.Logger.Info("transport is blocked", "transport", way.String(), "error", lost.err)
			continue
		case wait:
		}
		delay := delays.next(lost.lived, lost.asked)
		c.cfg.Logger.Info("connection ended", "transport", way.String(), "error", lost.err, "delay", delay)
		c.cfg.OnState(State{Phase: Waiting, Transport: way, Err: lost.err, Delay: delay})
		if !sleep(ctx, delay) {
			return nil
		}
	}
}

func (c *Client) end(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	close(c.ended)
	c.cfg.OnState(State{Phase: Ended, Transport: c.fallback.order[c.fallback.place], Err: err})
}

// sleep waits, and reports false if ctx was done first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// connect makes one connection and serves it until it ends.
func (c *Client) connect(ctx context.Context, way Transport) loss {
	lost := c.serve(ctx, way)
	var refused *Error
	if errors.As(lost.err, &refused) {
		lost.asked = max(lost.asked, refused.RetryAfter)
	}
	if refused.gateway() && !c.answers(ctx) {
		lost.err = unreachableError{lost.err}
	}
	return lost
}

// answers reports whether the service answers a plain request. A gateway that says
// that nobody is there may mean the service, or the transport that it cannot pass on.
func (c *Client) answers(ctx context.Context) bool {
	r, err := newRequests(inbox{cfg: &c.cfg}, Poll, c.bearer)
	if err != nil {
		return false
	}
	defer r.web.CloseIdleConnections()
	return r.query(ctx, &wire.SymbolsQuery{Limit: 1}, new(wire.SymbolList)) == nil
}

func (c *Client) serve(ctx context.Context, way Transport) loss {
	conn, err := c.dial(ctx, way)
	if err != nil {
		return loss{err: fmt.Errorf("connect to %s: %w", c.address.Host, err)}
	}
	defer c.parted()
	var since time.Time
	lost := conn.run(ctx, func(w wire.Welcome) {
		since = time.Now()
		c.greeted(conn, State{Phase: Online, Transport: way, Welcome: w})
	})
	if !since.IsZero() {
		lost.lived = max(time.Since(since), 1)
	}
	return lost
}

func (c *Client) dial(ctx context.Context, way Transport) (connection, error) {
	in := inbox{cfg: &c.cfg, set: c.set, stats: &c.stats}
	if way != WebSocket {
		return newRequests(in, way, c.bearer)
	}
	l, err := dialLink(ctx, &c.cfg, c.address.String(), c.bearer())
	if err != nil {
		return nil, err
	}
	return newSession(in, l), nil
}

func (c *Client) bearer() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token
}

func (c *Client) greeted(conn connection, online State) {
	c.stats.connections.Add(1)
	c.mu.Lock()
	c.conn = conn
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	c.cfg.OnState(online)
}

func (c *Client) parted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = nil
}

// online returns the present connection, and waits for one if there is none.
func (c *Client) online(ctx context.Context) (connection, error) {
	for {
		c.mu.Lock()
		conn, changed := c.conn, c.changed
		c.mu.Unlock()
		if conn != nil {
			return conn, nil
		}
		if err := c.wait(ctx, changed); err != nil {
			return nil, err
		}
	}
}

// wait waits for done, for the end of ctx, or for that of the client.
func (c *Client) wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return fmt.Errorf("%w: %w", ErrEnded, c.err)
	}
	return ErrEnded
}

// Stats returns what was counted so far.
func (c *Client) Stats() Stats {
	return Stats{
		Connections: c.stats.connections.Load(),
		Messages:    c.stats.messages.Load(),
		Bytes:       c.stats.bytes.Load(),
		Garbage:     c.stats.garbage.Load(),
	}
}
