package rabbitmq_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed/rabbitmq"
	"ticker/market"
)

func TestQuotesOfAQueueAreInTheBook(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	k := start(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue})
	p.publish(queue,
		`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":"190.0100000001","ts":1763740800000000}`,
		`[{"symbol":"MSFT","last":0.1,"lastSize":7},{"symbol":"AAPL","bid":189.99}]`,
		"{\"symbol\":\"BTC-USD\",\"bid\":-1e-9}\n{\"symbol\":\"MSFT\",\"last\":0.3}",
		`{"symbol":"END","bid":1}`,
	)
	await(t, "the last quote", func() bool { return k.book.Find("END") != nil && k.book.Find("END").Seq() == 1 })
	for _, want := range []struct {
		symbol market.Symbol
		field  market.Field
		value  string
		seq    uint64
	}{
		{"AAPL", market.Bid, "189.99", 2},
		{"AAPL", market.BidSize, "300", 2},
		{"AAPL", market.Ask, "190.0100000001", 2},
		{"MSFT", market.Last, "0.3", 2},
		{"BTC-USD", market.Bid, "-0.000000001", 1},
	} {
		q := k.quote(want.symbol)
		if got := q.Values[want.field].String(); got != want.value || q.Seq != want.seq || q.Source != "rabbitmq" {
			t.Errorf("%s %s = %s at %d from %q, want %s at %d", want.symbol, want.field, got, q.Seq, q.Source, want.value, want.seq)
		}
	}
	if got := k.counted(); got.Trades != 2 || got.High.String() != "0.3" || got.Low.String() != "0.1" {
		t.Errorf("%d trades from %s to %s", got.Trades, got.Low, got.High)
	}
	k.stop()
	if got := p.ready(queue); got != 0 {
		t.Errorf("%d messages are left in the queue", got)
	}
}

func TestAQueueIsMadeAndBoundIfThatIsAskedFor(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := t.Name()
	t.Cleanup(func() { _, _ = p.channel.QueueDelete(queue, false, false, true) })
	k := start(t, rabbitmq.Config{
		URL: shared.Server(t).URL(), Queue: queue, Declare: true, Exchange: "amq.topic", RoutingKeys: []string{"made.a", "made.b.#"},
	})
	p.send("amq.topic", "made.a", trades(0, 1)...)
	p.send("amq.topic", "made.b.c", trades(1, 2)...)
	k.awaitTrades(2)
	k.stop()
	// The queue is durable: one that is not is refused under these terms.
	if _, err := p.channel.QueueDeclare(queue, true, false, false, false, nil); err != nil {
		t.Error(err)
	}
}

func TestAQueueThatIsThereIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(amqp.Table{"x-max-length": 100})
	k := start(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue, Declare: true, Exchange: "amq.topic"})
	p.send("amq.topic", "anything.at.all", trades(0, 1)...)
	k.awaitTrades(1)
}

func TestAConnectionThatIsRefusedSaysWhyAndShowsNoPassword(t *testing.T) {
	t.Parallel()
	good, err := url.Parse(shared.Server(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	at := func(change func(*url.URL)) string {
		u := *good
		change(&u)
		return u.String()
	}
	for name, c := range map[string]struct {
		cfg  rabbitmq.Config
		want string
	}{
		"password": {rabbitmq.Config{URL: good.String(), Password: "sesame street"}, "username or password not allowed"},
		"host":     {rabbitmq.Config{URL: at(func(u *url.URL) { u.Path = "/nowhere" })}, "vhost nowhere not found"},
		"port":     {rabbitmq.Config{URL: at(func(u *url.URL) { u.Host = "127.0.0.1:1" })}, "connection refused"},
		"queue":    {rabbitmq.Config{URL: good.String()}, `read queue "none": Exception (404)`},
		"exchange": {rabbitmq.Config{URL: good.String(), Queue: "e", Declare: true, Exchange: "nix"}, "no exchange 'nix'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.cfg.Queue == "" {
				c.cfg.Queue = "none"
			}
			_, done := run(t, c.cfg, deaf{})
			err := <-done
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "connect to rabbitmq at 127.0.0.1:") {
				t.Errorf("Run: %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestAServerIsTrustedForItsCertificate(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	known := httptest.NewTLSServer(nil)
	t.Cleanup(known.Close)
	_, address := newProxy(t, shared.Server(t).URL(), known.TLS.Certificates...)
	_, done := run(t, rabbitmq.Config{URL: address, Queue: queue}, deaf{})
	if err := <-done; err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("without an authority Run: %v", err)
	}
	authority := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: known.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	k := start(t, rabbitmq.Config{URL: address + "?cacertfile=" + url.QueryEscape(authority), Queue: queue})
	p.publish(queue, trades(0, 1)...)
	k.awaitTrades(1)
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	sink := &connected{there: make(chan struct{})}
	for name, c := range map[string]struct {
		url   string
		begun func()
	}{
		"reading": {shared.Server(t).URL(), func() { <-sink.there }},
		"connecting": {"amqp://" + silent.Addr().String(), func() {
			conn, err := silent.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			// It says its greeting, and is not answered.
			if _, err := conn.Read(make([]byte, 8)); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stop, done := run(t, rabbitmq.Config{URL: c.url, Queue: queue}, sink)
			c.begun()
			stop()
			select {
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("Run: %v", err)
				}
			case <-time.After(5 * time.Second): // half of what a handshake may take
				t.Error("Run goes on")
			}
		})
	}
}

// connected is a sink that tells of the connection.
type connected struct {
	deaf
	there chan struct{}
}

func (c *connected) Connected() { close(c.there) }
