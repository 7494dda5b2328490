package rabbitmq_test

import (
	"context"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed/rabbitmq"
	"ticker/market"
)

// Watches the way of a thousand messages into a real queue and out of it: it goes up
// if messages are acknowledged one by one, or wait for one another.
func BenchmarkThousandMessages(b *testing.B) {
	b.ReportAllocs()
	const batch = 1000
	server := shared.Server(b)
	connection, err := amqp.Dial(server.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	channel, err := connection.Channel()
	if err != nil {
		b.Fatal(err)
	}
	source, err := rabbitmq.New(rabbitmq.Config{URL: server.URL(), Queue: b.Name(), Declare: true})
	if err != nil {
		b.Fatal(err)
	}
	sink := &counting{batch: batch, full: make(chan struct{}, 1), there: make(chan struct{})}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = source.Run(ctx, sink) })
	defer running.Wait()
	defer cancel()
	<-sink.there
	message := amqp.Publishing{Body: []byte(`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"ts":1763740800000000}`)}
	for b.Loop() {
		for range batch {
			if err := channel.PublishWithContext(ctx, "", b.Name(), false, false, message); err != nil {
				b.Fatal(err)
			}
		}
		<-sink.full
	}
}

// counting is a sink that tells of every batch.
type counting struct {
	deaf
	n, batch    int
	full, there chan struct{}
}

func (c *counting) Connected() { close(c.there) }

func (c *counting) Update(*market.Update) {
	if c.n++; c.n%c.batch == 0 {
		c.full <- struct{}{}
	}
}
