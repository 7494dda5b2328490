package rabbitmq_test

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

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/rabbitmq"
	"ticker/internal/rabbitmqtest"
	"ticker/market"
)

// shared is the server of all tests that do not harm it.
var shared rabbitmqtest.Shared

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

// publisher puts messages into queues.
type publisher struct {
	t       *testing.T
	channel *amqp.Channel
}

func connect(t *testing.T, url string) *publisher {
	t.Helper()
	connection, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	// A connection that the test broke says so again when it is closed.
	t.Cleanup(func() { _ = connection.Close() })
	p := &publisher{t: t}
	if p.channel, err = connection.Channel(); err != nil {
		t.Fatal(err)
	}
	if err := p.channel.Confirm(false); err != nil {
		t.Fatal(err)
	}
	return p
}

// queue makes a durable queue and returns its name, which is that of the test.
func (p *publisher) queue(arguments amqp.Table) string {
	p.t.Helper()
	q, err := p.channel.QueueDeclare(p.t.Name(), true, false, false, false, arguments)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _, _ = p.channel.QueueDelete(q.Name, false, false, true) })
	return q.Name
}

// publish puts messages into a queue, and returns when the server has them for good.
func (p *publisher) publish(queue string, bodies ...string) {
	p.t.Helper()
	p.send("", queue, bodies...)
}

func (p *publisher) send(exchange, key string, bodies ...string) {
	p.t.Helper()
	var confirmations []*amqp.DeferredConfirmation
	for _, body := range bodies {
		message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte(body)}
		c, err := p.channel.PublishWithDeferredConfirmWithContext(p.t.Context(), exchange, key, true, false, message)
		if err != nil {
			p.t.Fatal(err)
		}
		confirmations = append(confirmations, c)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	for _, c := range confirmations {
		if ok, err := c.WaitContext(ctx); err != nil || !ok {
			p.t.Fatalf("publish: confirmed %t, %v", ok, err)
		}
	}
}

// ready returns how many messages of a queue nobody was sent.
func (p *publisher) ready(queue string) int {
	p.t.Helper()
	q, err := p.channel.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return q.Messages
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
func start(t *testing.T, cfg rabbitmq.Config) *ticker {
	t.Helper()
	k := &ticker{t: t, book: book.New(book.Config{Sampling: &book.Sampling{}})}
	log := slog.New(slog.NewTextHandler(&k.logged, nil))
	cfg.Logger = log
	source, err := rabbitmq.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k.feed, err = feed.New(feed.Config{
		Name: "rabbitmq", Source: source, Book: k.book, Logger: log,
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
func run(t *testing.T, cfg rabbitmq.Config, to feed.Sink) (stop func(), done <-chan error) {
	t.Helper()
	source, err := rabbitmq.New(cfg)
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
