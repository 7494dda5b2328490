package kafka_test

import (
	"testing"

	"ticker/feed/internal/queuetest"
	"ticker/feed/kafka"
	"ticker/internal/kafkaconn"
	"ticker/internal/kafkatest"
)

// config is a complete configuration.
func config(b *kafkatest.Broker) kafka.Config {
	return kafka.Config{Access: kafkaconn.Access{Brokers: []string{b.Addr()}}, Topic: kafkatest.Topic, Group: "ticker", Start: kafka.Earliest}
}

func newSource(t *testing.T, cfg kafka.Config) *kafka.Source {
	t.Helper()
	s, err := kafka.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bids returns n records of one symbol, with the symbol as their key, whose bids
// count from first.
func bids(symbol string, first, n int) []string {
	records := queuetest.Bids(symbol, first, n)
	for i := range records {
		records[i] = symbol + ":" + records[i]
	}
	return records
}
