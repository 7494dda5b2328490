package rabbitmq_test

import (
	"context"
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"ticker/feed/internal/queuetest"
	"ticker/feed/rabbitmq"
	"ticker/internal/rabbitmqtest"
)

// shared is the server of all tests that do not harm it.
var shared rabbitmqtest.Shared

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
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
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
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

func newSource(t *testing.T, cfg rabbitmq.Config) *rabbitmq.Source {
	t.Helper()
	s, err := rabbitmq.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs a feed of a source, and waits until it is connected.
func start(t *testing.T, cfg rabbitmq.Config) *queuetest.Service {
	t.Helper()
	log := queuetest.NewLog(t)
	cfg.Logger = log.Logger
	s := queuetest.Serve(t, newSource(t, cfg), log)
	s.AwaitConnection(t)
	return s
}
