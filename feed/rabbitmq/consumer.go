package rabbitmq

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed"
	"ticker/feed/internal/payload"
	"ticker/market"
)

const (
	// maxBatch and maxDelay bound what one acknowledgement stands for.
	maxBatch = 256
	maxDelay = 20 * time.Millisecond
)

// consumer reads the deliveries of one connection.
type consumer struct {
	*link
	reader  *payload.Reader
	tally   tally
	applied *applied
	log     *slog.Logger
	known   int // deliveries that were applied before

	acks    amqp.Acknowledger
	batch   int         // messages that one acknowledgement stands for at most
	newest  uint64      // tag of the last message that was used
	pending int         // messages up to it that are not acknowledged
	due     *time.Timer // when they are to be
}

// tally is a sink that counts what becomes of a message.
type tally struct {
	feed.Sink
	updates, refused int
}

// Update implements feed.Sink.
func (t *tally) Update(u *market.Update) {
	t.updates++
	t.Sink.Update(u)
}

// Reject implements feed.Sink.
func (t *tally) Reject(reason error, record []byte) {
	t.refused++
	t.Sink.Reject(reason, record)
}

// run reads until the connection ends or ctx is done.
func (c *consumer) run(ctx context.Context) error {
	defer c.due.Stop()
	defer c.report()
	for {
		select {
		case d, ok := <-c.deliveries:
			if !ok {
				return c.ending()
			}
			c.take(&d)
		case <-c.due.C:
			c.acknowledge()
		case b := <-c.blocked:
			if b.Active {
				return fmt.Errorf("connection blocked by rabbitmq: %q", b.Reason)
			}
			c.blocked = nil // closed
		case <-ctx.Done():
			c.acknowledge()
			return ctx.Err()
		}
	}
}

// take uses one message, or refuses it.
func (c *consumer) take(d *amqp.Delivery) {
	digest := c.applied.digest(d)
	switch {
	case d.Redelivered && c.applied.again(digest):
		c.known++
		c.tally.Alive()
	case c.read(d):
		c.applied.add(digest)
	default:
		c.refuse(d.DeliveryTag)
		return
	}
	c.used(d.DeliveryTag)
}

// read hands a message to the sink and reports whether anything in it was of use. A
// message on which the parser panics must not come again.
func (c *consumer) read(d *amqp.Delivery) bool {
	panics := true
	defer func() {
		if panics {
			c.refuse(d.DeliveryTag)
		}
	}()
	c.tally.updates, c.tally.refused = 0, 0
	c.reader.Read(d.Body)
	panics = false
	return c.tally.updates > 0 || c.tally.refused == 0
}

// used notes that the sink has what is in a message.
func (c *consumer) used(tag uint64) {
	c.newest = tag
	if c.pending++; c.pending == c.batch {
		c.acknowledge()
	} else if c.pending == 1 {
		c.due.Reset(maxDelay)
	}
}

// acknowledge acknowledges all that was used. An error means that the connection
// ends, and with it the deliveries, for a reason that ending knows better.
func (c *consumer) acknowledge() {
	if c.pending > 0 {
		c.pending = 0
		c.due.Stop()
		_ = c.acks.Ack(c.newest, true)
	}
}

// refuse gives a message to the dead letters. It is no part of a later
// acknowledgement then.
func (c *consumer) refuse(tag uint64) { _ = c.acks.Reject(tag, false) }

// report says once a connection how much came again.
func (c *consumer) report() {
	if c.known > 0 {
		c.log.Info("redelivered messages were applied before", slog.Int("messages", c.known))
	}
}
