package rabbitmq_test

import (
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed/internal/queuetest"
	"ticker/feed/rabbitmq"
)

// Watches the way of a thousand messages into a real queue and out of it: it goes up
// if messages are acknowledged one by one, or wait for one another.
func BenchmarkThousandMessages(b *testing.B) {
	const round = 1000
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
	message := amqp.Publishing{Body: []byte(`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"ts":1763740800000000}`)}
	queuetest.Measure(b, source, round, func() {
		for range round {
			if err := channel.PublishWithContext(b.Context(), "", b.Name(), false, false, message); err != nil {
				b.Fatal(err)
			}
		}
	})
}
