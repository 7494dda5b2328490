package kafka

import (
	"errors"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/internal/kafkaconn"
	"ticker/internal/kafkatest"
	"ticker/market"
	"ticker/publish"
)

// buffered keeps the records that a client was given.
type buffered struct{ records []*kgo.Record }

func (b *buffered) OnProduceRecordBuffered(r *kgo.Record) { b.records = append(b.records, r) }

func TestAFlightKeepsNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	var given buffered
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1"), kgo.DefaultProduceTopic("quotes"), kgo.WithHooks(&given))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	records := []publish.Record{{Symbol: "A", JSON: []byte("first")}, {Symbol: "B", JSON: []byte("second")}}
	f := launch(t.Context(), client, records)
	for i := range records {
		clear(records[i].JSON)
	}
	var got []string
	for _, r := range given.records {
		got = append(got, string(r.Key)+" "+string(r.Value))
	}
	if want := []string{"A first", "B second"}; !slices.Equal(got, want) {
		t.Errorf("the client has %q, want %q", got, want)
	}
	f.giveUp()
	<-f.landed
	if f.err == nil {
		t.Error("a flight that was given up has no error")
	}
}

func TestNothingLeavesWhileAnEarlierSendIsUndecided(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	s, err := New(Config{Access: kafkaconn.Access{Brokers: []string{b.Addr()}}, Topic: kafkatest.Topic})
	if err != nil {
		t.Fatal(err)
	}
	var given buffered
	s.client = b.Client(t, kgo.DefaultProduceTopic(kafkatest.Topic), kgo.WithHooks(&given))
	undecided := &flight{landed: make(chan struct{}), giveUp: func() {}}
	s.flight, s.failed = undecided, true
	if err := s.Send(t.Context(), []publish.Record{{Symbol: "A", JSON: []byte("{}")}}); !errors.Is(err, errNoAck) {
		t.Errorf("Send: %v, want %v", err, errNoAck)
	}
	if len(given.records) != 0 || s.flight != undecided {
		t.Errorf("the client was given %d records", len(given.records))
	}
	close(undecided.landed)
	if err := s.Send(t.Context(), []publish.Record{{Symbol: "A", JSON: []byte("{}")}}); err != nil {
		t.Errorf("Send when it is decided: %v", err)
	}
}

func BenchmarkLaunch(b *testing.B) {
	// A Send that allocates for more than its records and one text costs here.
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1"), kgo.DefaultProduceTopic("quotes"))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	records := make([]publish.Record, 1000)
	for i := range records {
		records[i] = publish.Record{Symbol: market.Symbol("SYM"), JSON: make([]byte, 300)}
	}
	b.ReportAllocs()
	for b.Loop() {
		f := launch(b.Context(), client, records)
		f.giveUp()
		<-f.landed
	}
}
