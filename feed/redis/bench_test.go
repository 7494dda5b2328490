package redis_test

import (
	"context"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"ticker/feed/internal/queuetest"
	"ticker/feed/redis"
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
	const round = 1000
	cfg.URL = shared.Server(b).URL()
	source, err := redis.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	client := goredis.NewClient(&goredis.Options{Addr: shared.Server(b).Addr()})
	defer func() { _ = client.Close() }()
	queuetest.Measure(b, source, round, func() {
		pipe := client.Pipeline()
		for range round {
			send(b.Context(), pipe)
		}
		if _, err := pipe.Exec(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
}
