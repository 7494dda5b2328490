package nats

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/internal/natsconn"
	"ticker/relay"
)

const (
	// The library drops what it finds no place for here. A message stays only until it
	// is put into the queue of package link, but a burst of all partitions comes faster
	// than a busy machine lets anybody run.
	pendingMessages = 4096
	pendingWants    = relay.Partitions
	// countEvery is how often what the library dropped is counted.
	countEvery = time.Second
)

// connection is one connection, and what is known about what is behind it.
type connection struct {
	conn *nats.Conn
	js   jetstream.JetStream

	messages, wants chan *nats.Msg

	// Of the goroutine that tends to the subscriptions.
	version uint64
	heard   [relay.Control + 1]hearing
	asked   *nats.Subscription // for wants

	// What was looked up or made already.
	made   atomic.Bool // the streams
	kept   atomic.Pointer[jetstream.Stream]
	leases atomic.Pointer[leases]
}

// hearing is what is heard of one channel: nothing without a subscription.
type hearing struct {
	sub     *nats.Subscription
	dropped int // by the library, as far as it is counted
}

func newConnection(conn *nats.Conn, js jetstream.JetStream) *connection {
	return &connection{
		conn: conn, js: js,
		messages: make(chan *nats.Msg, pendingMessages), wants: make(chan *nats.Msg, pendingWants),
	}
}

// serve reads the connection and keeps its subscriptions until it ends, or ctx is done.
// It calls up when the server has the first of them.
func (c *connection) serve(ctx context.Context, e *Engine, up func()) error {
	e.intake.Up()
	defer e.intake.Down()
	closed := c.conn.StatusChanged(nats.CLOSED)
	reading, cancel := context.WithCancel(ctx)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer cancel()
	reader.Go(func() { c.read(reading, e) })
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for first := true; ; first = false {
		if err := c.fit(ctx, e); err != nil {
			return err
		}
		if first {
			up()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-closed:
			return natsconn.Ended(c.conn, nats.ErrConnectionClosed)
		case <-tick.C:
			e.intake.Drop(c.count())
		case <-e.intake.Wake():
		}
	}
}

// read hands over what comes in, until ctx is done.
func (c *connection) read(ctx context.Context, e *Engine) {
	for {
		select {
		case m := <-c.messages:
			if channel, ok := e.names.channelOf(m.Subject); ok {
				e.intake.Take(channel, m.Data)
			}
		case m := <-c.wants:
			if partition, ok := e.names.wantedBy(m.Subject); ok {
				e.intake.Want(partition)
			}
		case <-ctx.Done():
			return
		}
	}
}

// fit makes the subscriptions those that are wished for, and waits until the server has
// them.
func (c *connection) fit(ctx context.Context, e *Engine) error {
	wish := e.intake.Wish()
	if wish.Version == c.version {
		return nil
	}
	for channel := range c.heard {
		if err := c.hear(e, channel, wish.Hears(channel)); err != nil {
			return err
		}
	}
	if wish.Wants && c.asked == nil {
		var err error
		if c.asked, err = c.conn.ChanSubscribe(e.names.wants(), c.wants); err != nil {
			return err
		}
	}
	if err := natsconn.Confirm(ctx, c.conn); err != nil {
		return err
	}
	c.version = wish.Version
	e.intake.Grant(c.version)
	return nil
}

// hear begins with a channel, or ends with it.
func (c *connection) hear(e *Engine, channel int, wished bool) (err error) {
	h := &c.heard[channel]
	switch {
	case wished && h.sub == nil:
		h.sub, err = c.conn.ChanSubscribe(e.names.channels[channel], c.messages)
	case !wished && h.sub != nil:
		e.intake.Drop(h.count())
		err = h.sub.Unsubscribe()
		*h = hearing{}
	}
	return err
}

// count returns how many messages the library dropped since it was asked last.
func (c *connection) count() int {
	sum := 0
	for channel := range c.heard {
		sum += c.heard[channel].count()
	}
	return sum
}

func (h *hearing) count() int {
	now, err := h.sub.Dropped()
	if err != nil {
		return 0 // there is none, or it has ended: what it lost is part of the outage
	}
	before := h.dropped
	h.dropped = now
	return now - before
}
