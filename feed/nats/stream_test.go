package nats_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"ticker/feed/internal/queuetest"
	"ticker/feed/nats"
	"ticker/internal/natstest"
)

// streamServer is a server with the stream Q.
func streamServer(t *testing.T) (*natstest.Server, *desk) {
	t.Helper()
	s := natstest.Start(t, natstest.Options{})
	d := open(t, s)
	d.makeStream()
	return s, d
}

func TestAStreamIsReadInOrderAndAcknowledged(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	d.store(queuetest.Bids("A", 0, 700)...) // more than are on their way at a time
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, onStream(s)), j)
	j.AwaitUpdates(t, 700)
	d.store(queuetest.Bids("A", 700, 10)...)
	j.AwaitUpdates(t, 710)
	r.Stop(t)
	j.EachOnce(t, "A", 710)
	consumer, err := d.js.Consumer(t.Context(), "Q", "ticker")
	if err != nil {
		t.Fatal(err)
	}
	if info := consumer.CachedInfo(); info.NumAckPending != 0 || info.AckFloor.Stream != 710 {
		t.Errorf("acknowledged up to %d, %d pending", info.AckFloor.Stream, info.NumAckPending)
	}
}

func TestANewProcessGoesOnBehindWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	d.store(queuetest.Bids("A", 0, 10)...)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, onStream(s)), j)
	j.AwaitUpdates(t, 10)
	r.Stop(t)
	d.store(queuetest.Bids("A", 10, 5)...)
	r = queuetest.Run(t, newSource(t, onStream(s)), j)
	j.AwaitUpdates(t, 15)
	r.Stop(t)
	j.EachOnce(t, "A", 15)
}

func TestNothingIsAcknowledgedThatTheBookDidNotTake(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	d.store(queuetest.Bids("A", 0, 50)...)
	consumer := func() *jetstream.ConsumerInfo {
		c, err := d.js.Consumer(t.Context(), "Q", "ticker")
		if err != nil {
			t.Error(err)
			return &jetstream.ConsumerInfo{}
		}
		return c.CachedInfo()
	}
	j := queuetest.NewJournal()
	j.OnUpdate = func(before int) {
		if got := consumer().AckFloor.Stream; got > uint64(before) {
			t.Errorf("acknowledged up to %d when %d were taken", got, before)
		}
	}
	r := queuetest.Run(t, newSource(t, onStream(s)), j)
	j.AwaitUpdates(t, 50)
	r.Stop(t)
	if got := consumer().AckFloor.Stream; got != 50 {
		t.Errorf("acknowledged up to %d at the end, want 50", got)
	}
}

func TestMessagesInDoubtComeOnceAndInOrder(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	// Somebody took messages of the consumer and died before it acknowledged them.
	source, j := newSource(t, onStream(s)), queuetest.NewJournal()
	d.store(queuetest.Bids("A", 0, 10)...)
	r := queuetest.Run(t, source, j)
	j.AwaitUpdates(t, 10)
	r.Stop(t)
	d.store(queuetest.Bids("A", 10, 10)...)
	consumer, err := d.js.Consumer(t.Context(), "Q", "ticker")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := consumer.FetchNoWait(10)
	if err != nil {
		t.Fatal(err)
	}
	for range batch.Messages() { // without a word
	}
	d.store(queuetest.Bids("A", 20, 10)...)
	r = queuetest.Run(t, source, j)
	j.AwaitUpdates(t, 30)
	r.Stop(t)
	j.EachOnce(t, "A", 30)
}

func TestAServerKilledBetweenTheBookAndTheAcknowledgementLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	d.store(queuetest.Bids("A", 0, 1000)...)
	taken, killed := make(chan struct{}), make(chan struct{})
	source, j := newSource(t, onStream(s)), queuetest.NewJournal()
	j.OnUpdate = func(before int) {
		if before == 100 { // hundreds more are on their way, and will not be acknowledged
			close(taken)
			<-killed
		}
	}
	r := queuetest.Run(t, source, j)
	<-taken
	s.Kill(t)
	close(killed)
	r.AwaitError(t, `read stream "Q"`)
	s.Restart(t)
	open(t, s).store(queuetest.Bids("A", 1000, 100)...)
	r = queuetest.Run(t, source, j)
	j.AwaitUpdates(t, 1100)
	r.Stop(t)
	j.EachOnce(t, "A", 1100)
}

func TestAMessageThatPanickedIsNotReadAgain(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	d.store("GOOD", "bad", "GOOD")
	cfg := onStream(s)
	cfg.NewParser = newTouchy
	source, j := newSource(t, cfg), queuetest.NewJournal()
	queuetest.Run(t, source, j).AwaitError(t, "panic: bad")
	r := queuetest.Run(t, source, j)
	j.AwaitUpdates(t, 2)
	r.Stop(t)
	if got := j.Told().Updates; !slices.Equal(got, []string{"GOOD 0", "GOOD 0"}) {
		t.Errorf("updates %q", got)
	}
}

func TestWithoutADurableTheSourceRemembersWhereItWas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start nats.Start
		first int // bid that comes first
	}{"latest": {nats.Latest, 10}, "earliest": {nats.Earliest, 0}, "last": {nats.Last, 9}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := streamServer(t)
			d.store(queuetest.Bids("A", 0, 10)...)
			cfg := onStream(s)
			cfg.Durable, cfg.Start = "", c.start
			source, j := newSource(t, cfg), queuetest.NewJournal()
			r := queuetest.Run(t, source, j)
			j.AwaitConnection(t)
			d.store(queuetest.Bids("A", 10, 10)...)
			j.AwaitUpdates(t, 20-c.first)
			r.Stop(t)
			d.store(queuetest.Bids("A", 20, 10)...)
			r = queuetest.Run(t, source, j)
			j.AwaitUpdates(t, 30-c.first)
			r.Stop(t)
			for i, got := range j.Told().Updates {
				if want := fmt.Sprintf("A %d", c.first+i); got != want {
					t.Fatalf("update %d is %s, want %s", i, got, want)
				}
			}
		})
	}
}

func TestAStreamThatWasMadeAnewIsReadFromItsBeginning(t *testing.T) {
	t.Parallel()
	for name, durable := range map[string]string{"durable": "ticker", "without a durable": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := streamServer(t)
			d.store(queuetest.Bids("A", 0, 10)...)
			cfg := onStream(s)
			cfg.Durable = durable
			source, j := newSource(t, cfg), queuetest.NewJournal()
			r := queuetest.Run(t, source, j)
			j.AwaitUpdates(t, 10)
			if err := d.js.DeleteStream(t.Context(), "Q"); err != nil {
				t.Fatal(err)
			}
			r.AwaitError(t, `stream "Q"`)
			queuetest.Run(t, source, j).AwaitError(t, `open stream "Q"`, "not found")
			d.makeStream()
			d.store(queuetest.Bids("A", 10, 5)...)
			r = queuetest.Run(t, source, j)
			j.AwaitUpdates(t, 15)
			r.Stop(t)
			j.EachOnce(t, "A", 15)
		})
	}
}

func TestAConsumerThatActsOtherwiseIsRefused(t *testing.T) {
	t.Parallel()
	s, d := streamServer(t)
	for name, other := range map[string]jetstream.ConsumerConfig{
		"explicit": {Durable: "a", AckPolicy: jetstream.AckAllPolicy},
		`want ">"`: {Durable: "b", AckPolicy: jetstream.AckExplicitPolicy, FilterSubject: "quotes.B"},
	} {
		if _, err := d.js.CreateConsumer(t.Context(), "Q", other); err != nil {
			t.Fatal(err)
		}
		cfg := onStream(s)
		cfg.Durable = other.Durable
		queuetest.Run(t, newSource(t, cfg), queuetest.NewJournal()).AwaitError(t, fmt.Sprintf("consumer %q", other.Durable), name)
	}
}
