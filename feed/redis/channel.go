package redis

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/feed"
)

// listen reads a channel. Each read must end within two heartbeats: a message cut in
// two by a deadline could not be read on.
func (s *Source) listen(ctx context.Context, client *redis.Client, to feed.Sink) error {
	ctx, cancel := context.WithCancel(ctx)
	messages, err := s.subscribe(ctx, client)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	// Closing what is closed already is no error worth telling.
	defer func() { _ = messages.Close() }()
	if err != nil {
		return fmt.Errorf("subscribe to channel %q: %w", s.cfg.Channel, err)
	}
	asking.Go(func() { s.ask(ctx, messages) })
	reader := s.reader(to)
	for {
		received, err := messages.ReceiveTimeout(ctx, 2*s.cfg.Heartbeat)
		if err != nil {
			return fmt.Errorf("read channel %q: %w", s.cfg.Channel, err)
		}
		switch m := received.(type) {
		case *redis.Subscription:
			to.Connected()
		case *redis.Message:
			reader.Read([]byte(m.Payload))
		}
	}
}

func (s *Source) subscribe(ctx context.Context, client *redis.Client) (*redis.PubSub, error) {
	messages := client.Subscribe(ctx)
	if strings.ContainsAny(s.cfg.Channel, "*?[") {
		return messages, messages.PSubscribe(ctx, s.cfg.Channel)
	}
	return messages, messages.Subscribe(ctx, s.cfg.Channel)
}

// ask wants an answer now and then, so that a server that is not there any more is
// noticed. An error ends the read too.
func (s *Source) ask(ctx context.Context, messages *redis.PubSub) {
	tick := time.NewTicker(s.cfg.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = messages.Ping(ctx)
		}
	}
}
