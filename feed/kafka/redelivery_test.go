package kafka_test

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ticker/feed"
	"ticker/feed/internal/queuetest"
	"ticker/feed/kafka"
	"ticker/internal/kafkatest"
	"ticker/market"
)

// refuseCommits makes the broker fail every commit.
func refuseCommits(b *kafkatest.Broker) *kfake.FaultHandle {
	return b.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.TopicAuthorizationFailed, Count: -1})
}

func TestARecordWhoseCommitWasLostIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 2)
	lost := refuseCommits(b)
	b.Produce(t, append(bids("A", 0, 50), bids("B", 0, 50)...)...)
	s, j := newSource(t, config(b)), queuetest.NewJournal()
	r := queuetest.Run(t, s, j)
	j.AwaitUpdates(t, 100)
	r.Stop(t)
	lost.Remove()

	again := queuetest.NewJournal()
	b.Produce(t, bids("A", 50, 1)...)
	r = queuetest.Run(t, s, again)
	again.AwaitUpdates(t, 1)
	again.Await(t, "records that came again", func(told queuetest.Told) bool { return told.Alive >= 100 })
	r.Stop(t)
	if counts := again.Counts(); len(counts) != 1 || counts["A 50"] != 1 {
		t.Errorf("taken in the second run: %v", counts)
	}
}

func TestANewProcessBeginsBehindWhatWasCommitted(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	b.Produce(t, bids("A", 0, 10)...)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitUpdates(t, 10)
	r.Stop(t) // the end of a Run commits
	b.Produce(t, bids("A", 10, 1)...)
	j = queuetest.NewJournal()
	r = queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitUpdates(t, 1)
	r.Stop(t)
	if counts := j.Counts(); len(counts) != 1 || counts["A 10"] != 1 {
		t.Errorf("taken by the second process: %v", counts)
	}
}

func TestANewProcessReadsAgainWhatWasNotCommitted(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	lost := refuseCommits(b)
	b.Produce(t, bids("A", 0, 10)...)
	for range 2 {
		j := queuetest.NewJournal()
		r := queuetest.Run(t, newSource(t, config(b)), j)
		j.AwaitUpdates(t, 10)
		r.Stop(t)
		j.EachOnce(t, "A", 10)
	}
	lost.Remove()
}

func TestNothingIsCommittedThatTheBookDidNotTake(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	var committed atomic.Int64 // the offset to go on from
	commit := make(chan struct{}, 1000)
	b.ControlKey(int16(kmsg.OffsetCommit), func(request kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		for _, topic := range request.(*kmsg.OffsetCommitRequest).Topics {
			committed.Store(topic.Partitions[0].Offset)
		}
		commit <- struct{}{}
		return nil, nil, false
	})
	j := queuetest.NewJournal()
	j.OnUpdate = func(taken int) {
		if taken == 10 {
			<-commit // it comes while this one is not taken yet
		}
		if got := committed.Load(); got > int64(taken) {
			t.Errorf("committed up to %d when %d were taken", got, taken)
		}
	}
	r := queuetest.Run(t, newSource(t, config(b)), j)
	b.Produce(t, bids("A", 0, 10)...)
	j.AwaitUpdates(t, 10)
	b.Produce(t, bids("A", 10, 10)...)
	j.AwaitUpdates(t, 20)
	r.Stop(t)
	if got := committed.Load(); got != 20 {
		t.Errorf("committed up to %d at the end, want 20", got)
	}
}

func TestMembersCountEveryRecordOnceOverRebalances(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 4)
	symbols := []string{"A", "B", "C", "D", "E", "F", "G", "H"}
	produce := func(first int) {
		var lines []string
		for _, s := range symbols {
			lines = append(lines, bids(s, first, 50)...)
		}
		b.Produce(t, lines...)
	}
	j := queuetest.NewJournal()
	sources := []*kafka.Source{newSource(t, config(b)), newSource(t, config(b)), newSource(t, config(b))}
	runs := make([]*queuetest.Running, len(sources))
	join := func(i int) {
		own := queuetest.NewJournal()
		runs[i] = queuetest.Run(t, sources[i], member{own, j})
		own.AwaitConnection(t)
	}
	for i := range sources { // each that comes in takes partitions from the others
		join(i)
		produce(50 * i)
		j.AwaitUpdates(t, 400*(i+1))
	}
	runs[0].Stop(t)
	produce(150)
	j.AwaitUpdates(t, 1600)
	join(0)
	produce(200)
	j.AwaitUpdates(t, 2000)
	for _, r := range runs {
		r.Stop(t)
	}
	for _, s := range symbols {
		j.EachOnce(t, s, 250)
	}
}

// member has a journal of its own, but for the updates.
type member struct {
	*queuetest.Journal
	all *queuetest.Journal
}

func (m member) Update(u *market.Update) { m.all.Update(u) }

func TestARecordThatPanickedIsNotReadAgain(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	b.Produce(t, "A:GOOD", "A:bad", "A:GOOD")
	cfg := config(b)
	cfg.NewParser = func() feed.Parser { return queuetest.Touchy{} }
	s, j := newSource(t, cfg), queuetest.NewJournal()
	r := queuetest.Run(t, s, j)
	r.AwaitError(t, "panic: bad")
	r = queuetest.Run(t, s, j)
	j.AwaitUpdates(t, 2)
	r.Stop(t)
	if got := j.Counts()["GOOD 0"]; got != 2 {
		t.Errorf("taken %d times, want 2", got)
	}
}

func TestATopicThatWasCreatedAnewIsReadFromItsBeginning(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	b.Produce(t, bids("A", 0, 10)...)
	s, j := newSource(t, config(b)), queuetest.NewJournal()
	r := queuetest.Run(t, s, j)
	j.AwaitUpdates(t, 10)
	client := b.Client(t)
	remove := kmsg.NewPtrDeleteTopicsRequest()
	name := kafkatest.Topic
	remove.TopicNames = []string{name}
	remove.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: &name}}
	if _, err := remove.RequestWith(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	r.AwaitError(t, "UNKNOWN_TOPIC")
	r = queuetest.Run(t, s, j)
	r.AwaitError(t, `"quotes"`, "UNKNOWN_TOPIC")

	create := kmsg.NewPtrCreateTopicsRequest()
	anew := kmsg.NewCreateTopicsRequestTopic()
	anew.Topic, anew.NumPartitions, anew.ReplicationFactor = name, 1, 1
	create.Topics = append(create.Topics, anew)
	if _, err := create.RequestWith(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	b.Produce(t, bids("A", 10, 3)...)
	r = queuetest.Run(t, s, j)
	j.AwaitUpdates(t, 13)
	r.Stop(t)
	j.EachOnce(t, "A", 13)
}
