package redis_test

import (
	"context"
	"os"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"ticker/feed/internal/queuetest"
	"ticker/feed/redis"
	"ticker/internal/redistest"
)

// shared is the server of all tests that do not harm it.
var shared redistest.Shared

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
}

// publisher puts messages into channels and streams.
type publisher struct {
	t      *testing.T
	client *goredis.Client
}

func connect(t *testing.T, url string) *publisher {
	t.Helper()
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{t: t, client: goredis.NewClient(options)}
	t.Cleanup(func() {
		p.client.Del(context.WithoutCancel(t.Context()), t.Name()) // if it is the key of a stream
		if err := p.client.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// publish sends messages to a channel.
func (p *publisher) publish(channel string, messages ...string) {
	p.t.Helper()
	p.pipelined(func(pipe goredis.Pipeliner) {
		for _, m := range messages {
			pipe.Publish(p.t.Context(), channel, m)
		}
	})
}

// add appends entries to a stream.
func (p *publisher) add(stream string, messages ...string) {
	p.t.Helper()
	p.pipelined(func(pipe goredis.Pipeliner) {
		for _, m := range messages {
			pipe.XAdd(p.t.Context(), &goredis.XAddArgs{Stream: stream, Values: []any{"quote", m}})
		}
	})
}

func (p *publisher) pipelined(commands func(goredis.Pipeliner)) {
	p.t.Helper()
	if _, err := p.client.Pipelined(p.t.Context(), func(pipe goredis.Pipeliner) error {
		commands(pipe)
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
}

// do runs one command.
func (p *publisher) do(command ...any) any {
	p.t.Helper()
	answer, err := p.client.Do(p.t.Context(), command...).Result()
	if err != nil {
		p.t.Fatalf("%v: %v", command, err)
	}
	return answer
}

// pending returns how many entries of a stream are with a consumer.
func (p *publisher) pending(stream string) int64 {
	p.t.Helper()
	pending, err := p.client.XPending(p.t.Context(), stream, "ticker").Result()
	if err != nil {
		p.t.Fatal(err)
	}
	return pending.Count
}

func newSource(t *testing.T, cfg redis.Config) *redis.Source {
	t.Helper()
	s, err := redis.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs a feed of a source, and waits until it is connected.
func start(t *testing.T, cfg redis.Config) *queuetest.Service {
	t.Helper()
	log := queuetest.NewLog(t)
	cfg.Logger = log.Logger
	s := queuetest.Serve(t, newSource(t, cfg), log)
	s.AwaitConnection(t)
	return s
}
