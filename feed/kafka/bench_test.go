package kafka_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/feed/internal/queuetest"
	"ticker/feed/kafka"
	"ticker/internal/kafkatest"
)

// BenchmarkRecords watches what a record costs between the broker and the sink. The
// broker is in the same process and has its part in it.
func BenchmarkRecords(b *testing.B) {
	const round = 10_000
	broker := kafkatest.Start(b, 1)
	client := broker.Client(b, kgo.DefaultProduceTopic(kafkatest.Topic))
	source, err := kafka.New(config(broker))
	if err != nil {
		b.Fatal(err)
	}
	quote := []byte(queuetest.Bids("A", 1, 1)[0])
	queuetest.Measure(b, source, round, func() {
		for range round {
			client.Produce(b.Context(), &kgo.Record{Value: quote}, nil)
		}
	})
}
