package rabbitmq_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed"
	"ticker/feed/rabbitmq"
	"ticker/internal/rabbitmqtest"
	"ticker/market"
)

// A killed server loses acknowledgements of far more messages than the prefetch.
// Starting one is most of what this costs, so one life has all faults.
func TestTradesCountOnceWhateverBefallsTheServer(t *testing.T) {
	t.Parallel()
	server := rabbitmqtest.Start(t, rabbitmqtest.Options{})
	p := connect(t, server.URL())
	queue := p.queue(nil)
	k := start(t, rabbitmq.Config{URL: server.URL(), Queue: queue, Prefetch: 20, Heartbeat: time.Second})
	const step = 5000
	p.publish(queue, trades(0, step)...)
	k.awaitTrades(step)

	server.Kill(t)
	k.awaitLogged("connection to rabbitmq lost")
	await(t, "stale", func() bool { return k.quote("A").Status == market.Stale })
	server.Restart(t)
	p = connect(t, server.URL())
	p.publish(queue, trades(step, 2*step)...)
	k.awaitTrades(2 * step)
	if got := k.quote("A").Status; got != market.Live {
		t.Errorf("after the kill it is %s", got)
	}

	server.Restart(t)
	k.awaitLogged("connection closed by rabbitmq: Exception (320)")
	p = connect(t, server.URL())
	p.publish(queue, trades(2*step, 3*step)...)
	k.awaitTrades(3 * step)

	server.Pause(t)
	await(t, "a server that stands still is given up", func() bool { return !k.feed.Connected() })
	server.Resume(t)
	p.publish(queue, trades(3*step, 4*step)...)
	k.awaitTrades(4 * step)
}

func TestLostAcknowledgementsCountNoTradeTwice(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	between, url := newProxy(t, shared.Server(t).URL())
	k := start(t, rabbitmq.Config{URL: url, Queue: queue, Prefetch: 300})
	// Equal messages are as many trades.
	messages := append(trades(0, 100), trades(0, 100)...)
	between.deaf.Store(true)
	p.publish(queue, messages...)
	k.awaitTrades(200)
	for round := range 4 {
		between.deaf.Store(false)
		link := strings.Count(k.logged.String(), "feed connected")
		between.cut()
		await(t, "connected again", func() bool { return strings.Count(k.logged.String(), "feed connected") > link })
		between.deaf.Store(round < 2)
		// From now on they are heard: what the last connection brings is new.
		await(t, "what comes again", func() bool { return round < 2 || p.ready(queue) == 0 })
	}
	p.publish(queue, trades(0, 100)...)
	k.awaitTrades(300)
	k.awaitLogged("redelivered messages were applied before")
}

// Until the sink has taken a message, the source says nothing about it.
func TestAMessageIsAcknowledgedOnlyWhenTheSinkHasIt(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	p.publish(queue, trades(0, 30)...)
	between, url := newProxy(t, shared.Server(t).URL())
	sink := &blocking{entered: make(chan struct{}), release: make(chan struct{})}
	stop, done := run(t, rabbitmq.Config{URL: url, Queue: queue, Prefetch: 10}, sink)
	release := sync.OnceFunc(func() { close(sink.release) })
	t.Cleanup(release)
	<-sink.entered
	said := between.said.Load()
	await(t, "all that is sent ahead", func() bool { return p.ready(queue) == 20 })
	if got := between.said.Load(); got != said {
		t.Errorf("the source said %d bytes of a message that the sink has not", got-said)
	}
	between.cut() // nothing was acknowledged, so all comes back
	await(t, "all is back in the queue", func() bool { return p.ready(queue) == 30 })
	release()
	stop()
	if err := <-done; err == nil {
		t.Error("Run returns no error")
	}
}

// blocking is a sink that takes nothing until it is released.
type blocking struct {
	deaf
	entered, release chan struct{}
}

func (b *blocking) Update(*market.Update) {
	select {
	case b.entered <- struct{}{}:
	case <-b.release:
	}
	<-b.release
}

func TestAMessageOfNoUseGoesToTheDeadLetters(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	dead, err := p.channel.QueueDeclare(t.Name()+".dead", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = p.channel.QueueDelete(dead.Name, false, false, true) })
	queue := p.queue(amqp.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead.Name})
	k := start(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue})
	good := trades(0, 4)
	partly := good[1] + "\nnoise\n" + good[2]
	p.publish(queue, good[0], "noise", partly, `{"symbol":"A"}`, "", good[3])
	k.awaitTrades(4)
	await(t, "the dead letters", func() bool { return p.ready(dead.Name) == 3 })
	k.stop()
	for _, want := range []string{"noise", `{"symbol":"A"}`, ""} {
		if got, _, err := p.channel.Get(dead.Name, true); string(got.Body) != want || err != nil {
			t.Errorf("dead letter %q, want %q: %v", got.Body, want, err)
		}
	}
	if got := p.ready(queue); got != 0 {
		t.Errorf("%d messages are left in the queue", got)
	}
}

// A parser that panics ends its connection. The message must not do so for ever.
func TestAMessageOnWhichTheParserPanicsComesOnce(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	k := start(t, rabbitmq.Config{
		URL: shared.Server(t).URL(), Queue: queue, NewParser: func() feed.Parser { return fragile{} },
	})
	p.publish(queue, "A", "bomb", "B", "beat", "C")
	k.awaitTrades(3)
	k.stop()
	if got := strings.Count(k.logged.String(), "a bomb went off"); got != 1 {
		t.Errorf("the parser panicked %d times:\n%s", got, k.logged.String())
	}
	if got := p.ready(queue); got != 0 {
		t.Errorf("%d messages are left in the queue", got)
	}
}

// fragile is an exchange whose messages are symbols that trade, and bombs.
type fragile struct{}

func (fragile) Parse(message []byte, emit func(*market.Update)) error {
	switch string(message) {
	case "bomb":
		panic("a bomb went off")
	case "beat":
		return feed.ErrSkipped
	}
	u := market.Update{Symbol: market.Symbol(message), Trade: true}
	u.Put(market.Last, market.Decimal{})
	emit(&u)
	return nil
}

func TestTheEndOfAQueueEndsTheConnection(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	_, done := run(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue}, deaf{})
	await(t, "a consumer", func() bool {
		q, err := p.channel.QueueDeclarePassive(queue, true, false, false, false, nil)
		return err == nil && q.Consumers == 1
	})
	if _, err := p.channel.QueueDelete(queue, false, false, false); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "the queue was deleted") {
		t.Errorf("Run: %v", err)
	}
}
