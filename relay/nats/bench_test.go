package nats_test

import (
	"testing"

	"ticker/internal/natstest"
	"ticker/relay"
)

// BenchmarkSend watches what a round of all partitions costs the leader: one message
// more in a flush must not cost a round trip.
func BenchmarkSend(b *testing.B) {
	e := join(b, natstest.Start(b, natstest.Options{}).URL())
	messages := make([]relay.Message, relay.Partitions)
	for p := range messages {
		messages[p] = relay.Message{Channel: p, Body: make([]byte, 2000)}
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(messages) * 2000))
	for b.Loop() {
		if err := e.Send(b.Context(), messages); err != nil {
			b.Fatal(err)
		}
	}
}
