package redis_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/redis"
	"ticker/internal/redistest"
	"ticker/market"
)

// shared is the server of all tests that do not harm it.
var shared redistest.Shared

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
}

// patience bounds every wait. Only failures wait it out.
const patience = 60 * time.Second

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
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

// trades returns messages, each one trade of size 1 whose price is its number.
func trades(from, to int) []string {
	var bodies []string
	for n := from; n < to; n++ {
		bodies = append(bodies, fmt.Sprintf(`{"symbol":"A","last":%d,"lastSize":1}`, n))
	}
	return bodies
}

// ticker is a feed with its book.
type ticker struct {
	t      *testing.T
	feed   *feed.Feed
	book   *book.Book
	logged lockedBuffer
	traded market.Envelope // what was counted so far
	stop   func()
}

// start runs a feed of a source until the test ends or stop is called.
func start(t *testing.T, cfg redis.Config) *ticker {
	t.Helper()
	k := &ticker{t: t, book: book.New(book.Config{Sampling: &book.Sampling{}})}
	log := slog.New(slog.NewTextHandler(&k.logged, nil))
	cfg.Logger = log
	source, err := redis.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k.feed, err = feed.New(feed.Config{
		Name: "redis", Source: source, Book: k.book, Logger: log,
		Backoff: feed.Backoff{Min: 100 * time.Millisecond, Max: 200 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := k.feed.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	k.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(func() {
		k.stop()
		if t.Failed() {
			t.Log(k.logged.String())
		}
	})
	await(t, "the feed is connected", k.feed.Connected)
	return k
}

// counted returns what the book has counted of trades in all.
func (k *ticker) counted() *market.Envelope {
	for _, s := range k.book.Samples(nil, true) {
		k.traded.Merge(&s.Bar.Envelope)
	}
	return &k.traded
}

// awaitTrades waits until the book has counted trades, and wants no more of them.
func (k *ticker) awaitTrades(want uint64) {
	k.t.Helper()
	await(k.t, fmt.Sprintf("%d trades", want), func() bool { return k.counted().Trades >= want })
	if got := k.counted().Trades; got != want {
		k.t.Fatalf("%d trades are counted, of %d", got, want)
	}
}

func (k *ticker) quote(symbol market.Symbol) market.Quote {
	k.t.Helper()
	cell := k.book.Find(symbol)
	if cell == nil {
		k.t.Fatalf("there is no %s in the book", symbol)
	}
	return cell.Quote()
}

// awaitLogged waits until a text is in the log.
func (k *ticker) awaitLogged(text string) {
	k.t.Helper()
	await(k.t, text+" in the log", func() bool { return strings.Contains(k.logged.String(), text) })
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// deaf is a sink that takes everything.
type deaf struct{}

func (deaf) Connected()            {}
func (deaf) Update(*market.Update) {}
func (deaf) Alive()                {}
func (deaf) Reject(error, []byte)  {}

// run runs a source once. The channel has what it returned.
func run(t *testing.T, cfg redis.Config, to feed.Sink) (stop func(), done <-chan error) {
	t.Helper()
	source, err := redis.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- source.Run(ctx, to) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return cancel, ended
}
