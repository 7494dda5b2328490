package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/internal/natsconn"
	"ticker/relay"
	"ticker/relay/internal/link"
)

const (
	// A server is pinged, and given up when it answered none of two pings: 4.5 s.
	pingEvery = 1500 * time.Millisecond
	maxPings  = 2
	// writeTime bounds a write to the connection, which takes no context.
	writeTime = 2 * time.Second
	// answerTime bounds the wait for JetStream, unless a context ends it before.
	answerTime = 5 * time.Second
)

// Engine is NATS. It implements relay.Outlet, relay.Inlet, relay.Backlog and
// relay.Lease.
type Engine struct {
	cfg    Config
	names  *names
	intake *link.Intake
	live   atomic.Pointer[connection] // nil if there is none
}

var (
	_ relay.Outlet  = (*Engine)(nil)
	_ relay.Inlet   = (*Engine)(nil)
	_ relay.Backlog = (*Engine)(nil)
	_ relay.Lease   = (*Engine)(nil)
)

// New builds an Engine and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Engine, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configure nats relay: %w", err)
	}
	return &Engine{cfg: cfg, names: newNames(cfg.Prefix), intake: link.NewIntake(cfg.Logger, cfg.Metrics)}, nil
}

// Run keeps the engine connected until ctx is done, and returns nil.
func (e *Engine) Run(ctx context.Context) error {
	keeper := link.Keeper{Connect: e.connect, Log: e.cfg.Logger, Metrics: e.cfg.Metrics}
	keeper.Run(ctx)
	return nil
}

// Connected reports whether there is a connection now.
func (e *Engine) Connected() bool { return e.live.Load() != nil }

// connection returns the connection that there is.
func (e *Engine) connection() (*connection, error) {
	if c := e.live.Load(); c != nil {
		return c, nil
	}
	return nil, link.ErrAway
}

// Send implements relay.Outlet.
func (e *Engine) Send(ctx context.Context, messages []relay.Message) error {
	if err := e.send(ctx, messages); err != nil {
		return fmt.Errorf("send to nats: %w", err)
	}
	return nil
}

func (e *Engine) send(ctx context.Context, messages []relay.Message) error {
	c, err := e.connection()
	if err != nil {
		return err
	}
	for i := range messages {
		if size := int64(len(messages[i].Body)); size > c.conn.MaxPayload() {
			return fmt.Errorf("a message of %d bytes: the server takes %d at most", size, c.conn.MaxPayload())
		}
	}
	if err := c.makeStreams(ctx, e); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := c.publish(ctx, e.names, messages); err != nil {
		c.conn.Close() // with what waits in it
		return natsconn.Ended(c.conn, err)
	}
	return nil
}

// publish hands messages to the server, and waits until it has read them.
func (c *connection) publish(ctx context.Context, names *names, messages []relay.Message) error {
	for i := range messages {
		if err := c.conn.Publish(names.channels[messages[i].Channel], messages[i].Body); err != nil {
			return err
		}
	}
	return natsconn.Confirm(ctx, c.conn)
}

// Keep implements relay.Outlet.
func (e *Engine) Keep(ctx context.Context, partition int, snapshot []byte) error {
	c, err := e.connection()
	if err == nil {
		err = c.makeStreams(ctx, e)
	}
	if err == nil {
		_, err = c.js.Publish(ctx, e.names.kept[partition], snapshot)
	}
	if err != nil {
		return fmt.Errorf("keep partition %d in nats: %w", partition, err)
	}
	return nil
}

// Load implements relay.Inlet.
func (e *Engine) Load(ctx context.Context, partition int) ([]byte, error) {
	snapshot, err := e.load(ctx, partition)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, relay.ErrNothing
	}
	if err != nil {
		return nil, fmt.Errorf("load partition %d from nats: %w", partition, err)
	}
	return snapshot, nil
}

func (e *Engine) load(ctx context.Context, partition int) ([]byte, error) {
	c, err := e.connection()
	if err != nil {
		return nil, err
	}
	stream, err := c.keptStream(ctx, e.names)
	if err != nil {
		return nil, err
	}
	msg, err := stream.GetLastMsgForSubject(ctx, e.names.kept[partition])
	if err != nil {
		return nil, err
	}
	return msg.Data, nil
}

// Want implements relay.Inlet.
func (e *Engine) Want(_ context.Context, partition int) error {
	c, err := e.connection()
	if err == nil {
		err = c.conn.Publish(e.names.want+strconv.Itoa(partition), nil)
	}
	if err != nil {
		return fmt.Errorf("want partition %d over nats: %w", partition, err)
	}
	return nil
}

// Wanted implements relay.Outlet.
func (e *Engine) Wanted() <-chan int { return e.intake.Wanted() }

// Receive implements relay.Inlet. It returns nil when ctx is done, and an error at once
// if it runs already.
func (e *Engine) Receive(ctx context.Context, deliver func(relay.Message)) error {
	return e.intake.Receive(ctx, deliver)
}

// Follow implements relay.Inlet. It fails also where Receive does not run; the partition
// is then followed when it does.
func (e *Engine) Follow(ctx context.Context, partition int) error {
	if err := e.intake.Follow(ctx, partition); err != nil {
		return fmt.Errorf("follow partition %d over nats: %w", partition, err)
	}
	return nil
}

// Unfollow implements relay.Inlet.
func (e *Engine) Unfollow(partition int) { e.intake.Unfollow(partition) }

// connect makes one connection and serves it until it ends.
func (e *Engine) connect(ctx context.Context, up func()) error {
	conn, err := e.cfg.Connect(ctx, e.cfg.Logger,
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(maxPings), nats.FlusherTimeout(writeTime))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(answerTime))
	if err != nil {
		return err
	}
	c := newConnection(conn, js)
	defer e.live.Store(nil)
	return c.serve(ctx, e, func() {
		e.live.Store(c)
		up()
	})
}
