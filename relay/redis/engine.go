package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"ticker/relay"
	"ticker/relay/internal/link"
)

// Engine is a Redis server. It implements relay.Outlet, relay.Inlet and relay.Lease.
type Engine struct {
	cfg     Config
	options *redis.Options
	names   *names
	intake  *link.Intake
	live    atomic.Pointer[connection] // nil if there is none
}

var (
	_ relay.Outlet = (*Engine)(nil)
	_ relay.Inlet  = (*Engine)(nil)
	_ relay.Lease  = (*Engine)(nil)
)

// New builds an Engine and starts nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Engine, error) {
	options, err := cfg.complete()
	if err != nil {
		return nil, fmt.Errorf("configure redis relay: %w", err)
	}
	return &Engine{
		cfg: cfg, options: options, names: newNames(cfg.Prefix), intake: link.NewIntake(cfg.Logger, cfg.Metrics),
	}, nil
}

// Run keeps the engine connected until ctx is done, and returns nil.
func (e *Engine) Run(ctx context.Context) error {
	keeper := link.Keeper{Connect: e.connect, Log: e.cfg.Logger, Metrics: e.cfg.Metrics}
	keeper.Run(ctx)
	return nil
}

// Connected reports whether there is a connection now.
func (e *Engine) Connected() bool { return e.live.Load() != nil }

// ask has commands carried out. A connection that failed on them ends: what is left in
// it must not be read later. A refusal is no failure of it, nor is a context that was
// done before anything was sent.
func (e *Engine) ask(commands func(*redis.Client) error) error {
	c := e.live.Load()
	if c == nil {
		return link.ErrAway
	}
	err := commands(c.commands.Client)
	var refusal redis.Error
	if err != nil && !errors.As(err, &refusal) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		e.live.CompareAndSwap(c, nil)
		c.cut()
	}
	return err
}

// Send implements relay.Outlet.
func (e *Engine) Send(ctx context.Context, messages []relay.Message) error {
	for i := range messages {
		if size := len(messages[i].Body); size > relay.MaxMessage {
			return fmt.Errorf("send to redis: a message of %d bytes: want %d at most", size, relay.MaxMessage)
		}
	}
	err := e.ask(func(client *redis.Client) error {
		_, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i := range messages {
				pipe.Publish(ctx, e.names.channels[messages[i].Channel], messages[i].Body)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("send to redis: %w", err)
	}
	return nil
}

// Keep implements relay.Outlet.
func (e *Engine) Keep(ctx context.Context, partition int, snapshot []byte) error {
	err := e.ask(func(client *redis.Client) error {
		return client.HSet(ctx, e.names.kept, strconv.Itoa(partition), snapshot).Err()
	})
	if err != nil {
		return fmt.Errorf("keep partition %d in redis: %w", partition, err)
	}
	return nil
}

// Load implements relay.Inlet.
func (e *Engine) Load(ctx context.Context, partition int) (snapshot []byte, err error) {
	err = e.ask(func(client *redis.Client) error {
		snapshot, err = client.HGet(ctx, e.names.kept, strconv.Itoa(partition)).Bytes()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return nil, relay.ErrNothing
	}
	if err != nil {
		return nil, fmt.Errorf("load partition %d from redis: %w", partition, err)
	}
	return snapshot, nil
}

// Want implements relay.Inlet.
func (e *Engine) Want(ctx context.Context, partition int) error {
	err := e.ask(func(client *redis.Client) error {
		return client.Publish(ctx, e.names.want+strconv.Itoa(partition), "").Err()
	})
	if err != nil {
		return fmt.Errorf("want partition %d over redis: %w", partition, err)
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
		return fmt.Errorf("follow partition %d over redis: %w", partition, err)
	}
	return nil
}

// Unfollow implements relay.Inlet.
func (e *Engine) Unfollow(partition int) { e.intake.Unfollow(partition) }
