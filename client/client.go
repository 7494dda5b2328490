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

	mu      sync.Mutex
	token   string
	session *session      // nil while offline
	changed chan struct{} // closed, and made anew, when session is set
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
		ended:   make(chan struct{}),
		changed: make(chan struct{}),
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
		c.cfg.OnState(State{Phase: Connecting})
		lost := c.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if final(lost.err) {
			return lost.err
		}
		delay := delays.next(lost.lived, lost.asked)
		c.cfg.Logger.Info("connection ended", "error", lost.err, "delay", delay)
		c.cfg.OnState(State{Phase: Waiting, Err: lost.err, Delay: delay})
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
	c.cfg.OnState(State{Phase: Ended, Err: err})
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

// loss tells how a connection went.
type loss struct {
	err   error
	lived time.Duration // since the welcome; 0 without one
	asked time.Duration // the wait that the service asked for
}

// connect makes one connection and serves it until it ends.
func (c *Client) connect(ctx context.Context) loss {
	l, err := dialLink(ctx, &c.cfg, c.address.String(), c.bearer())
	if err != nil {
		lost := loss{err: fmt.Errorf("connect to %s: %w", c.address.Host, err)}
		var refused *Error
		if errors.As(err, &refused) {
			lost.asked = refused.RetryAfter
		}
		return lost
	}
	s := newSession(&c.cfg, l, c.set, &c.stats)
	defer c.parted(s)
	var since time.Time
	err = s.run(ctx, func() {
		since = time.Now()
		c.greeted(s)
	})
	lost := loss{err: err, asked: s.asked}
	if !since.IsZero() {
		lost.lived = time.Since(since)
	}
	return lost
}

func (c *Client) bearer() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token
}

func (c *Client) greeted(s *session) {
	c.stats.connections.Add(1)
	c.mu.Lock()
	c.session = s
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	c.cfg.OnState(State{Phase: Online, Welcome: s.welcome})
}

func (c *Client) parted(s *session) {
	c.mu.Lock()
	c.session = nil
	c.mu.Unlock()
	c.set.rewind(s.cursor, s.cursors)
}

// online returns the present session, and waits for one if there is none.
func (c *Client) online(ctx context.Context) (*session, error) {
	for {
		c.mu.Lock()
		s, changed := c.session, c.changed
		c.mu.Unlock()
		if s != nil {
			return s, nil
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
