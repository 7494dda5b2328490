package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/fanout"
	"ticker/internal/kafkaconn"
	"ticker/internal/kafkatest"
	"ticker/market"
	"ticker/publish"
	"ticker/publish/kafka"
)

func newSink(t *testing.T, b *kafkatest.Broker) *kafka.Sink {
	t.Helper()
	s, err := kafka.New(kafka.Config{Access: kafkaconn.Access{Brokers: []string{b.Addr()}}, Topic: kafkatest.Topic})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// records makes one record for each symbol, with a number in it.
func records(n int, symbols ...market.Symbol) []publish.Record {
	var list []publish.Record
	for _, s := range symbols {
		list = append(list, publish.Record{Symbol: s, JSON: fmt.Appendf(nil, `{"symbol":%q,"seq":%d}`, s, n)})
	}
	return list
}

func send(t *testing.T, s *kafka.Sink, list []publish.Record) {
	t.Helper()
	if err := s.Send(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func TestOptionsSayWhereToPublish(t *testing.T) {
	t.Parallel()
	got, err := kafka.ParseOptions(url.Values{
		"brokers": {"a:1,b:2"}, "topic": {"q"}, "sasl": {"plain"}, "user": {"u"}, "password": {"p"}, "tls": {"true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := kafka.Config{Access: kafkaconn.Access{Brokers: []string{"a:1", "b:2"}, SASL: "plain", User: "u", Password: "p"}, Topic: "q"}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(kafkaconn.Access{}, "TLS")); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if got.TLS == nil || got.TLS.InsecureSkipVerify {
		t.Errorf("TLS is %+v", got.TLS)
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"topic=q":                            "brokers is missing",
		"brokers=a:1":                        "topic is missing",
		"brokers=a:1&topic=q&group=g":        `unknown option "group"`,
		"brokers=a:1&topic=q&sasl=plain":     "sasl needs user",
		"brokers=a:x&topic=q":                "port",
		"brokers=a:1&topic=q&user=u":         "need sasl",
		"brokers=a:1&topic=q&tls=1":          `tls "1"`,
		"brokers=a:1&topic=q&password_file=": "password_file",
	} {
		options, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kafka.ParseOptions(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", text, err, want)
		}
	}
	if _, err := kafka.New(kafka.Config{}); err == nil {
		t.Error("New takes an empty configuration")
	}
}

func TestRecordsOfASymbolAreInOnePartitionInOrder(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 4)
	s := newSink(t, b)
	symbols := []market.Symbol{"A", "B", "C", "D", "E", "BRK.B", "BTC/USD"}
	for n := range 10 {
		send(t, s, records(n, symbols...))
	}
	lines := b.Consume(t) // one partition after the other
	for _, symbol := range symbols {
		var got, want []string
		for _, l := range lines {
			if key, value, _ := strings.Cut(l, ":"); key == string(symbol) {
				got = append(got, value)
			}
		}
		for n := range 10 {
			want = append(want, string(records(n, symbol)[0].JSON))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", symbol, diff)
		}
	}
}

func TestABrokerThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	s := newSink(t, b)
	send(t, s, records(1, "A"))
	b.Stop()
	for range 2 { // the first was connected
		if err := s.Send(t.Context(), records(2, "A")); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("Send: %v", err)
		}
	}
	b.Restart(t)
	send(t, s, records(3, "A"))
	if got := b.Consume(t); !strings.HasSuffix(got[len(got)-1], `"seq":3}`) {
		t.Errorf("the topic ends with %q", got[len(got)-1])
	}
}

func TestATopicThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	s, err := kafka.New(kafka.Config{Access: kafkaconn.Access{Brokers: []string{b.Addr()}}, Topic: "nothing"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Send(t.Context(), records(1, "A")); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("Send: %v", err)
	}
}

func TestTheWrongPasswordIsAnError(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "ann", "right"))
	cfg := kafka.Config{
		Access: kafkaconn.Access{Brokers: []string{b.Addr()}, SASL: "scram-sha-256", User: "ann", Password: "wrong"},
		Topic:  kafkatest.Topic,
	}
	for password, want := range map[string]bool{"wrong": false, "right": true} {
		cfg.Password = password
		s, err := kafka.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), records(1, "A")); (err == nil) != want {
			t.Errorf("password %s: %v", password, err)
		}
		s.Close()
	}
}

func TestNoRecordIsWrittenBehindANewerOne(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	s := newSink(t, b)
	send(t, s, records(1, "A"))
	// The broker takes a record, and its answer does not come.
	taken := make(chan struct{})
	stall := sync.OnceFunc(func() {
		b.Pause()
		close(taken)
	})
	b.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		stall()
		return nil, nil, false
	})
	ctx, cancel := context.WithCancel(t.Context())
	var sending errgroup.Group
	sending.Go(func() error { return s.Send(ctx, records(2, "A", "B")) })
	<-taken
	cancel()
	if err := sending.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("Send that was given up: %v", err)
	}
	b.Resume()
	send(t, s, records(3, "A", "B"))
	want := []string{`A:{"symbol":"A","seq":1}`}
	for _, n := range []int{2, 3} {
		for _, r := range records(n, "A", "B") {
			want = append(want, string(r.Symbol)+":"+string(r.JSON))
		}
	}
	if got := b.Consume(t); !slices.Equal(got, want) {
		t.Errorf("the topic has %q, want %q", got, want)
	}
}

func TestTheTopicEndsWithWhatTheBookHolds(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 3)
	bk := book.New(book.Config{Encode: fanout.Encode})
	p, err := publish.New(publish.Config{Name: "kafka", Book: bk, Sink: newSink(t, b), Interval: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var publishing errgroup.Group
	publishing.Go(func() error { return p.Run(ctx) })
	symbols := []market.Symbol{"A", "B", "C", "D"}
	for n := range int64(5000) {
		u := market.Update{Symbol: symbols[n%4]}
		u.Put(market.Bid, market.NewDecimal(n, 0))
		bk.Apply(&u)
		switch n {
		case 1000:
			b.Stop()
		case 3000:
			b.Restart(t)
		}
	}
	for i, symbol := range symbols {
		await(t, b, string(symbol), fmt.Sprintf(`"seq":1250,"bid":%d,`, 4996+i))
	}
	cancel()
	if err := publishing.Wait(); err != nil {
		t.Error(err)
	}
}

// await waits until the newest record of a key has a text in it.
func await(t *testing.T, b *kafkatest.Broker, key, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		last := ""
		for _, l := range b.Consume(t) {
			if value, ours := strings.CutPrefix(l, key+":"); ours {
				last = value
			}
		}
		if strings.Contains(last, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s ends with %s, want %s in it", key, last, want)
		}
	}
}
