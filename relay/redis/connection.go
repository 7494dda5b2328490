package redis

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/internal/redisconn"
	"ticker/relay"
	"ticker/relay/internal/link"
)

// connection is a pair of connections, which live and end together.
type connection struct {
	commands, events *redisconn.Conn
	messages         *redis.PubSub // over events
	names            *names
	intake           *link.Intake

	// Of the goroutine that tends to the subscriptions.
	version uint64
	heard   [relay.Control + 1]bool
	asked   bool // for wants
}

// connect makes a pair of connections and serves it until it ends.
func (e *Engine) connect(ctx context.Context, up func()) error {
	commands, err := redisconn.Dial(ctx, e.options)
	if err != nil {
		return fmt.Errorf("connect to redis: %w", err)
	}
	defer commands.Close()
	events, err := redisconn.Dial(ctx, e.options)
	if err != nil {
		return fmt.Errorf("connect to redis: %w", err)
	}
	defer events.Close()
	c := &connection{commands: commands, events: events, messages: events.Client.Subscribe(ctx), names: e.names, intake: e.intake}
	release := context.AfterFunc(ctx, c.cut)
	defer release()
	if err := commands.Client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("connect to redis: %w", err)
	}
	defer e.live.Store(nil)
	return c.serve(ctx, func() {
		e.live.Store(c)
		up()
	})
}

// cut ends both connections under who uses them.
func (c *connection) cut() {
	c.commands.Cut()
	c.events.Cut()
}

// serve keeps the subscriptions and reads what comes in until the connection ends. It
// calls up when the server has the first of them.
func (c *connection) serve(ctx context.Context, up func()) error {
	c.intake.Up()
	defer c.intake.Down()
	ctx, cancel := context.WithCancel(ctx)
	var tending sync.WaitGroup
	defer tending.Wait()
	defer cancel()
	// Closing what is closed already is no error worth telling.
	defer func() { _ = c.messages.Close() }()
	tending.Go(func() {
		if err := c.tend(ctx); err != nil {
			c.cut()
		}
	})
	return c.read(ctx, sync.OnceFunc(up))
}

// read hands over what comes in. An answer says which version of the wish the server
// has. Each read must end in time: a message cut in two by a deadline could not be read
// on.
func (c *connection) read(ctx context.Context, up func()) error {
	for {
		received, err := c.messages.ReceiveTimeout(ctx, answerTime)
		if err != nil {
			return fmt.Errorf("listen to redis: %w", err)
		}
		switch m := received.(type) {
		case *redis.Message:
			c.take(m)
		case *redis.Pong:
			version, err := strconv.ParseUint(m.Payload, 10, 64)
			if err != nil {
				return fmt.Errorf("listen to redis: %.64q is no answer of ours", m.Payload)
			}
			c.intake.Grant(version)
			up()
		}
	}
}

func (c *connection) take(m *redis.Message) {
	if channel, ok := c.names.channelOf(m.Channel); ok {
		c.intake.Take(channel, []byte(m.Payload))
	} else if partition, ok := c.names.wantedBy(m.Channel); ok {
		c.intake.Want(partition)
	}
}

// tend makes the subscriptions those that are wished for, and wants an answer to each
// change, and now and then.
func (c *connection) tend(ctx context.Context) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		if err := c.fit(ctx); err != nil {
			return err
		}
		if err := c.messages.Ping(ctx, strconv.FormatUint(c.version, 10)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-c.intake.Wake():
		}
	}
}

// fit sends the commands that make the subscriptions those that are wished for.
func (c *connection) fit(ctx context.Context) error {
	wish := c.intake.Wish()
	if wish.Version == c.version {
		return nil
	}
	c.version = wish.Version
	var begin, end []string
	for channel, heard := range c.heard {
		wished := wish.Hears(channel)
		switch {
		case wished && !heard:
			begin = append(begin, c.names.channels[channel])
		case heard && !wished:
			end = append(end, c.names.channels[channel])
		}
		c.heard[channel] = wished
	}
	if len(begin) > 0 {
		if err := c.messages.Subscribe(ctx, begin...); err != nil {
			return err
		}
	}
	if len(end) > 0 {
		if err := c.messages.Unsubscribe(ctx, end...); err != nil {
			return err
		}
	}
	if !wish.Wants || c.asked {
		return nil
	}
	c.asked = true
	return c.messages.PSubscribe(ctx, c.names.wants())
}
