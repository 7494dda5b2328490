package rabbitmq_test

import (
	"encoding/pem"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed/internal/queuetest"
	"ticker/feed/rabbitmq"
)

func TestQuotesOfAQueueAreInTheBook(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	k := start(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue})
	p.publish(queue, queuetest.Quotes()...)
	k.WantQuotes(t)
	k.Stop()
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
	p.send("amq.topic", "made.a", queuetest.Trades(0, 1)...)
	p.send("amq.topic", "made.b.c", queuetest.Trades(1, 2)...)
	k.AwaitTrades(t, 2)
	k.Stop()
	// The queue is durable: one that is not is refused under these terms.
	if _, err := p.channel.QueueDeclare(queue, true, false, false, false, nil); err != nil {
		t.Error(err)
	}
}

func TestAQueueThatIsThereIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(amqp.Table{"x-max-length": 100})
	exchange := t.Name() // of its own: others publish what all queues of amq.topic get
	if err := p.channel.ExchangeDeclare(exchange, "topic", false, true, false, false, nil); err != nil {
		t.Fatal(err)
	}
	k := start(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue, Declare: true, Exchange: exchange})
	p.send(exchange, "anything.at.all", queuetest.Trades(0, 1)...)
	k.AwaitTrades(t, 1)
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
			r := queuetest.Run(t, newSource(t, c.cfg), queuetest.NewJournal())
			r.AwaitError(t, "connect to rabbitmq at 127.0.0.1:", c.want)
		})
	}
}

func TestAServerIsTrustedForItsCertificate(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	known := httptest.NewTLSServer(nil)
	t.Cleanup(known.Close)
	proxy := queuetest.NewProxy(t, shared.Server(t).URL(), nil, known.TLS.Certificates...)
	r := queuetest.Run(t, newSource(t, rabbitmq.Config{URL: proxy.URL, Queue: queue}), queuetest.NewJournal())
	r.AwaitError(t, "x509")
	authority := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: known.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	k := start(t, rabbitmq.Config{URL: proxy.URL + "?cacertfile=" + url.QueryEscape(authority), Queue: queue})
	p.publish(queue, queuetest.Trades(0, 1)...)
	k.AwaitTrades(t, 1)
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
	sink := queuetest.NewJournal()
	for name, c := range map[string]struct {
		url   string
		begun func()
	}{
		"reading": {shared.Server(t).URL(), func() { sink.AwaitConnection(t) }},
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
			r := queuetest.Run(t, newSource(t, rabbitmq.Config{URL: c.url, Queue: queue}), sink)
			c.begun()
			r.StopWithin(t, 5*time.Second) // half of what a handshake may take
		})
	}
}
