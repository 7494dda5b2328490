package redis_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ticker/internal/redistest"
	"ticker/relay"
	"ticker/relay/redis"
)

// join returns an engine that runs until the test ends, and is connected.
func join(tb testing.TB, url string) *redis.Engine {
	tb.Helper()
	e, err := redis.New(redis.Config{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = e.Run(ctx) })
	tb.Cleanup(func() {
		cancel()
		running.Wait()
	})
	await(tb, e.Connected)
	return e
}

func await(tb testing.TB, holds func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatal("waited in vain")
		}
	}
}

func TestARefusedCommandLeavesTheConnectionAsItIs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	e := join(t, server.URL())
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer func() { _ = client.Close() }()
	if err := client.Set(t.Context(), "ticker:kept", "no hash", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := e.Keep(t.Context(), 1, []byte("s")); err == nil {
		t.Error("a snapshot was kept where none can be")
	}
	if _, err := e.Load(t.Context(), 1); err == nil || errors.Is(err, relay.ErrNothing) {
		t.Errorf("load from where nothing can be kept: %v", err)
	}
	if err := e.Send(t.Context(), []relay.Message{{Channel: 1}}); err != nil {
		t.Error(err)
	}
}

func TestACommandThatWasGivenUpEndsTheConnection(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	e := join(t, server.URL())
	server.Pause(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Send(ctx, []relay.Message{{Channel: 1, Body: []byte("late")}}); err == nil {
		t.Error("a server that stands still took a message")
	}
	server.Resume(t)
	await(t, func() bool { return e.Send(t.Context(), []relay.Message{{Channel: 1}}) == nil })
}

func TestACommandThatComesTooLateLeavesTheConnectionAsItIs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	e := join(t, server.URL())
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	for _, ctx := range []context.Context{cancelled, expired} {
		if err := e.Keep(ctx, 1, nil); err == nil {
			t.Error("it was carried out")
		}
		if err := e.Keep(t.Context(), 1, nil); err != nil {
			t.Error(err)
		}
	}
}
