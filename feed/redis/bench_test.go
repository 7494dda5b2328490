package redis_test

import (
	"context"
	"sync"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"ticker/feed/redis"
	"ticker/market"
)

// Watches the way of a thousand messages through a real server, on a channel and on a
// stream: it goes up if entries are read or acknowledged one by one.
func BenchmarkThousandMessages(b *testing.B) {
	const message = `{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"ts":1763740800000000}`
	b.Run("channel", func(b *testing.B) {
		carry(b, redis.Config{Channel: b.Name()}, func(ctx context.Context, pipe goredis.Pipeliner) {
			pipe.Publish(ctx, b.Name(), message)
		})
	})
	b.Run("stream", func(b *testing.B) {
		carry(b, redis.Config{Stream: b.Name()}, func(ctx context.Context, pipe goredis.Pipeliner) {
			pipe.XAdd(ctx, &goredis.XAddArgs{Stream: b.Name(), MaxLen: 10_000, Approx: true, Values: []any{"quote", message}})
		})
	})
}

func carry(b *testing.B, cfg redis.Config, send func(context.Context, goredis.Pipeliner)) {
	b.Helper()
	b.ReportAllocs()
	const batch = 1000
	cfg.URL = shared.Server(b).URL()
	source, err := redis.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	client := goredis.NewClient(&goredis.Options{Addr: shared.Server(b).Addr()})
	defer func() { _ = client.Close() }()
	sink := &counting{batch: batch, full: make(chan struct{}, 1), there: make(chan struct{})}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = source.Run(ctx, sink) })
	defer running.Wait()
	defer cancel()
	<-sink.there
	for b.Loop() {
		pipe := client.Pipeline()
		for range batch {
			send(ctx, pipe)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			b.Fatal(err)
		}
		<-sink.full
	}
}

// counting is a sink that tells of every batch.
type counting struct {
	deaf
	n, batch    int
	full, there chan struct{}
	lose        func() // called with the first update, if there is one
}

func (c *counting) Connected() {
	if c.there != nil {
		close(c.there)
	}
}

func (c *counting) Update(*market.Update) {
	if c.n == 0 && c.lose != nil {
		c.lose()
	}
	if c.n++; c.n%c.batch == 0 {
		c.full <- struct{}{}
	}
}
