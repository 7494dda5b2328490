package rabbitmq

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"
	"pgregory.net/rapid"

	"ticker/feed/internal/queuetest"
)

// ended returns a link whose deliveries have ended for reasons that are nil or not.
func ended(lost, closed *amqp.Error) *link {
	deliveries := make(chan amqp.Delivery)
	close(deliveries)
	say := func(why *amqp.Error) <-chan *amqp.Error {
		c := make(chan *amqp.Error, 1)
		if why != nil {
			c <- why
		}
		close(c)
		return c
	}
	return &link{deliveries: deliveries, lost: say(lost), closed: say(closed), blocked: make(chan amqp.Blocking)}
}

func TestTheEndSaysWhoEndedWhat(t *testing.T) {
	t.Parallel()
	byServer := &amqp.Error{Code: 320, Reason: "shutdown", Server: true}
	byNetwork := &amqp.Error{Code: 501, Reason: "EOF"}
	blocked := make(chan amqp.Blocking, 1)
	blocked <- amqp.Blocking{Active: true, Reason: "low on memory"}
	source, err := New(Config{URL: "amqp://h", Queue: "q"})
	if err != nil {
		t.Fatal(err)
	}
	for want, l := range map[string]*link{
		"connection closed by rabbitmq: Exception (320)":    ended(byServer, byServer),
		"connection to rabbitmq lost: Exception (501)":      ended(byNetwork, byNetwork),
		"channel closed by rabbitmq: Exception (320)":       ended(nil, byServer),
		"the queue was deleted":                             ended(nil, nil),
		"connection blocked by rabbitmq: \"low on memory\"": {blocked: blocked},
	} {
		if err := source.consumer(l, queuetest.NewJournal()).run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("run: %v, want %q", err, want)
		}
	}
}

func TestTheEndOfABlockIsNoEnd(t *testing.T) {
	t.Parallel()
	source, err := New(Config{URL: "amqp://h", Queue: "q"})
	if err != nil {
		t.Fatal(err)
	}
	blocked := make(chan amqp.Blocking)
	close(blocked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := source.consumer(&link{blocked: blocked}, queuetest.NewJournal()).run(ctx); err != context.Canceled { //nolint:errorlint // It is passed on as it is.
		t.Errorf("run: %v", err)
	}
}

// acks has what is acknowledged.
type acks chan string

func (a acks) Ack(tag uint64, multiple bool) error {
	a <- fmt.Sprintf("ack %d %t", tag, multiple)
	return nil
}

func (a acks) Reject(tag uint64, requeue bool) error {
	a <- fmt.Sprintf("reject %d %t", tag, requeue)
	return nil
}

func (a acks) Nack(uint64, bool, bool) error { panic("not used") }

// want wants what is acknowledged by now, and no more.
func (a acks) want(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for len(a) > 0 {
		got = append(got, <-a)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("acknowledged (-want +got):\n%s", diff)
	}
}

func TestOneAcknowledgementStandsForABatchOrForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, err := New(Config{URL: "amqp://h", Queue: "q", Prefetch: 12})
		if err != nil {
			t.Fatal(err)
		}
		deliveries, said := make(chan amqp.Delivery), make(acks, 10)
		c := source.consumer(&link{deliveries: deliveries}, queuetest.NewJournal())
		c.acks = said
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = c.run(ctx) })
		send := func(from, to uint64, body string) {
			for tag := from; tag <= to; tag++ {
				deliveries <- amqp.Delivery{DeliveryTag: tag, Body: []byte(body)}
			}
			synctest.Wait()
		}
		const good = `{"symbol":"A","bid":1}`
		send(1, 3, good)
		said.want(t, "ack 3 true") // a quarter of the prefetch
		send(4, 5, good)
		time.Sleep(maxDelay - time.Nanosecond)
		send(6, 6, "noise")
		said.want(t, "reject 6 false")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		said.want(t, "ack 5 true")
		send(7, 7, good)
		said.want(t)
		cancel()
		running.Wait()
		said.want(t, "ack 7 true")
	})
}

func delivery(body string) *amqp.Delivery { return &amqp.Delivery{RoutingKey: "q", Body: []byte(body)} }

// What comes again is the last part of what was applied, in order, before all that is
// new, and no longer than the window.
func TestWhatComesAgainIsKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := newApplied(64)
		var queue []*amqp.Delivery // what the server still has
		for range rapid.IntRange(1, 6).Draw(t, "connections") {
			a.connected()
			for _, d := range queue {
				if digest := a.digest(d); !a.again(digest) {
					t.Fatalf("%s was applied and is not known", d.Body)
				}
			}
			for range rapid.IntRange(0, 64-len(queue)).Draw(t, "new messages") {
				// Few kinds of messages: many are equal.
				d := delivery(fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "message")))
				a.add(a.digest(d))
				queue = append(queue, d)
			}
			queue = queue[rapid.IntRange(0, len(queue)).Draw(t, "acknowledged"):]
		}
	})
}

func TestEqualMessagesAreKnownAsOftenAsTheyWereApplied(t *testing.T) {
	t.Parallel()
	a := newApplied(8)
	digest := a.digest(delivery("x"))
	a.add(digest)
	a.add(digest)
	if a.again(digest) {
		t.Error("a message of this connection passes for one of an earlier")
	}
	for range 2 {
		a.connected()
		known := 0
		for a.again(digest) {
			known++
		}
		if known != 2 {
			t.Errorf("two equal messages are known %d times", known)
		}
	}
}

func TestMessagesDifferInAllThatAPublisherSays(t *testing.T) {
	t.Parallel()
	a := newApplied(1)
	seen := make(map[uint64]int)
	for i, d := range []*amqp.Delivery{
		delivery(""), delivery("x"), {Exchange: "q"}, {RoutingKey: "q", MessageId: "x"}, {RoutingKey: "q", MessageId: "y"}, {RoutingKey: "qx"},
	} {
		digest := a.digest(d)
		if other, ok := seen[digest]; ok {
			t.Errorf("messages %d and %d have the same digest", other, i)
		}
		seen[digest] = i
	}
}

func TestTheOldestIsForgottenFirst(t *testing.T) {
	t.Parallel()
	a := newApplied(4)
	for n := range 10 {
		a.add(a.digest(delivery(fmt.Sprint(n))))
	}
	a.connected()
	for n := range 10 {
		if got, want := a.again(a.digest(delivery(fmt.Sprint(n)))), n >= 6; got != want {
			t.Errorf("message %d is known: %t, want %t", n, got, want)
		}
	}
}

func TestKnowingAMessageAgainAllocatesNothing(t *testing.T) {
	a, d := newApplied(8), delivery(`{"symbol":"A","last":1}`)
	if n := testing.AllocsPerRun(100, func() {
		digest := a.digest(d)
		if !a.again(digest) {
			a.add(digest)
		}
	}); n != 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

// Watches what remembering a message costs beside reading it: a digest of its bytes
// and a place in the window.
func BenchmarkRemember(b *testing.B) {
	b.ReportAllocs()
	a := newApplied(rememberedMessages)
	d := delivery(`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"ts":1763740800000000}`)
	for b.Loop() {
		a.add(a.digest(d))
	}
}
