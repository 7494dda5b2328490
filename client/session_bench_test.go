package client

import (
	"fmt"
	"strings"
	"testing"
)

// fiftyRecords returns a message of fifty records.
func fiftyRecords() []byte {
	var records []string
	for i := range 50 {
		records = append(records, fmt.Sprintf(
			`{"symbol":"SYM%04d","seq":%d,"bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"ts":1763740800000000,"recv":1763740800000412}`, i, i+1))
	}
	return []byte(`{"type":"event","channel":"quotes","cursor":"epoch.abc123","quotes":[` + strings.Join(records, ",") + `]}`)
}

// BenchmarkSessionMessage watches that between the socket and OnQuotes there is the
// parser and little else: a batch of fifty records.
func BenchmarkSessionMessage(b *testing.B) {
	cfg := Config{}.withDefaults()
	s := &session{inbox: inbox{cfg: &cfg, set: newSet(), stats: new(counters)}, calls: newCalls()}
	message := fiftyRecords()
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		m, err := s.parse(cfg.Codec, message)
		if err != nil {
			b.Fatal(err)
		}
		s.handle(m, len(message))
	}
}

// BenchmarkEventStream watches what the frame of an event adds over SSE to a message
// of fifty records.
func BenchmarkEventStream(b *testing.B) {
	text := "event: quotes\nid: epoch.abc123\ndata: " + string(fiftyRecords()) + "\n\n"
	source := strings.NewReader(text)
	stream := newEventStream(source, 1<<20)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		source.Reset(text)
		if _, err := stream.next(); err != nil {
			b.Fatal(err)
		}
	}
}
