package rabbitmq_test

import (
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed"
	"ticker/feed/internal/queuetest"
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
	p.publish(queue, queuetest.Trades(0, step)...)
	k.AwaitTrades(t, step)

	server.Kill(t)
	k.Log.Await(t, "connection to rabbitmq lost")
	queuetest.Await(t, "stale", func() bool { return k.Quote(t, "A").Status == market.Stale })
	server.Restart(t)
	p = connect(t, server.URL())
	p.publish(queue, queuetest.Trades(step, 2*step)...)
	k.AwaitTrades(t, 2*step)
	if got := k.Quote(t, "A").Status; got != market.Live {
		t.Errorf("after the kill it is %s", got)
	}

	server.Restart(t)
	k.Log.Await(t, "connection closed by rabbitmq: Exception (320)")
	p = connect(t, server.URL())
	p.publish(queue, queuetest.Trades(2*step, 3*step)...)
	k.AwaitTrades(t, 3*step)

	server.Pause(t)
	queuetest.Await(t, "a server that stands still is given up", func() bool { return !k.Feed.Connected() })
	server.Resume(t)
	p.publish(queue, queuetest.Trades(3*step, 4*step)...)
	k.AwaitTrades(t, 4*step)
}

func TestLostAcknowledgementsCountNoTradeTwice(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	var deaf atomic.Bool // the server hears nothing
	proxy := queuetest.NewProxy(t, shared.Server(t).URL(), func([]byte) bool { return !deaf.Load() })
	k := start(t, rabbitmq.Config{URL: proxy.URL, Queue: queue, Prefetch: 300})
	// Equal messages are as many trades.
	messages := append(queuetest.Trades(0, 100), queuetest.Trades(0, 100)...)
	deaf.Store(true)
	p.publish(queue, messages...)
	k.AwaitTrades(t, 200)
	for round := range 4 {
		deaf.Store(false)
		link := k.Log.Count("feed connected")
		proxy.Cut()
		queuetest.Await(t, "connected again", func() bool { return k.Log.Count("feed connected") > link })
		deaf.Store(round < 2)
		// From now on they are heard: what the last connection brings is new.
		queuetest.Await(t, "what comes again", func() bool { return round < 2 || p.ready(queue) == 0 })
	}
	p.publish(queue, queuetest.Trades(0, 100)...)
	k.AwaitTrades(t, 300)
	k.Log.Await(t, "redelivered messages were applied before")
}

// Until the sink has taken a message, the source says nothing about it.
func TestAMessageIsAcknowledgedOnlyWhenTheSinkHasIt(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	p.publish(queue, queuetest.Trades(0, 30)...)
	var said atomic.Int64 // bytes of the source
	proxy := queuetest.NewProxy(t, shared.Server(t).URL(), func(b []byte) bool { said.Add(int64(len(b))); return true })
	sink, entered, release := queuetest.NewHeld(t)
	r := queuetest.Run(t, newSource(t, rabbitmq.Config{URL: proxy.URL, Queue: queue, Prefetch: 10}), sink)
	<-entered
	before := said.Load()
	queuetest.Await(t, "all that is sent ahead", func() bool { return p.ready(queue) == 20 })
	if got := said.Load(); got != before {
		t.Errorf("the source said %d bytes of a message that the sink has not", got-before)
	}
	proxy.Cut() // nothing was acknowledged, so all comes back
	queuetest.Await(t, "all is back in the queue", func() bool { return p.ready(queue) == 30 })
	release()
	r.AwaitError(t, "rabbitmq")
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
	good := queuetest.Trades(0, 4)
	partly := good[1] + "\nnoise\n" + good[2]
	p.publish(queue, good[0], "noise", partly, `{"symbol":"A"}`, "", good[3])
	k.AwaitTrades(t, 4)
	queuetest.Await(t, "the dead letters", func() bool { return p.ready(dead.Name) == 3 })
	k.Stop()
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
		URL: shared.Server(t).URL(), Queue: queue, NewParser: func() feed.Parser { return queuetest.Touchy{} },
	})
	p.publish(queue, "A", "bad", "B", "beat", "C")
	k.AwaitTrades(t, 3)
	k.Stop()
	if got := k.Log.Count("bad message"); got != 1 {
		t.Errorf("the parser panicked %d times:\n%s", got, k.Log.String())
	}
	if got := p.ready(queue); got != 0 {
		t.Errorf("%d messages are left in the queue", got)
	}
}

func TestTheEndOfAQueueEndsTheConnection(t *testing.T) {
	t.Parallel()
	p := connect(t, shared.Server(t).URL())
	queue := p.queue(nil)
	r := queuetest.Run(t, newSource(t, rabbitmq.Config{URL: shared.Server(t).URL(), Queue: queue}), queuetest.NewJournal())
	queuetest.Await(t, "a consumer", func() bool {
		q, err := p.channel.QueueDeclarePassive(queue, true, false, false, false, nil)
		return err == nil && q.Consumers == 1
	})
	if _, err := p.channel.QueueDelete(queue, false, false, false); err != nil {
		t.Fatal(err)
	}
	r.AwaitError(t, "the queue was deleted")
}
