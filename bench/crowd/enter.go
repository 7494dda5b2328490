package crowd

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"
)

const (
	// maxAttempts is how often a client asks while it is refused for the moment.
	maxAttempts = 20
	// patience is how long one attempt may take, from dialing to being
	// subscribed.
	patience = 30 * time.Second
	// shortPause and longPause bound the wait that a refusal asks for.
	shortPause = 200 * time.Millisecond
	longPause  = 10 * time.Second
)

// busyError is a refusal for the moment.
type busyError struct{ after time.Duration }

// Error says that the service was too busy.
func (*busyError) Error() string { return "refused for the moment" }

// enter returns a client that has subscribed. It asks again when it is refused
// for the moment.
func (c *crowd) enter(ctx context.Context, number int) (*client, error) {
	for attempt := 1; ; attempt++ {
		cl, err := c.attempt(ctx, number)
		var busy *busyError
		if attempt == maxAttempts || !errors.As(err, &busy) {
			return cl, err
		}
		if err := pause(ctx, busy.after); err != nil {
			return nil, err
		}
	}
}

// pause waits for as long as it is asked to, and up to half of it longer, so
// that those who were refused together do not come back together.
func pause(ctx context.Context, asked time.Duration) error {
	asked = min(max(asked, shortPause), longPause)
	timer := time.NewTimer(asked + rand.N(asked/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt connects and subscribes, when it is its turn.
func (c *crowd) attempt(ctx context.Context, number int) (*client, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.slots }()
	speech, err := newDialect(c.job, number)
	if err != nil {
		return nil, err
	}
	conn, err := c.dial(ctx, number)
	if err != nil {
		return nil, err
	}
	cl := &client{conn: conn, hangUp: tie(ctx, conn), dialect: speech}
	if err := c.introduce(ctx, cl, number); err != nil {
		cl.hangUp()
		return nil, err
	}
	return cl, nil
}

// tie makes the end of ctx close a connection. What it returns closes the
// connection itself, once.
func tie(ctx context.Context, conn net.Conn) (hangUp func()) {
	closed := make(chan struct{})
	untie := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = conn.Close()
	})
	return func() {
		if untie() {
			_ = conn.Close()
			return
		}
		<-closed
	}
}

// introduce shakes hands and subscribes on a new connection.
func (c *crowd) introduce(ctx context.Context, cl *client, number int) error {
	if err := cl.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	ahead, err := handshake(cl.conn, c.target.url, cl.dialect.subprotocol())
	if err != nil {
		return err
	}
	cl.frames = newFrameReader(cl.conn, &c.buffers, ahead)
	if c.slow(number) {
		cl.delivery.slow = true
		cl.frames.source = newSlowReader(ctx, cl.conn, c.job.Load.ReadRate)
	}
	if err := cl.subscribe(); err != nil {
		return err
	}
	return cl.conn.SetDeadline(time.Time{})
}
