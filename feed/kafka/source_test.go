package kafka_test

import (
	"fmt"
	"slices"
	"testing"

	"ticker/feed/internal/queuetest"
	"ticker/internal/kafkatest"
)

func TestQuotesComeInAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 3)
	b.Produce(t, `A:{"symbol":"A","bid":1.2500}`, `B:[{"symbol":"B","bid":2},{"symbol":"B","bid":3}]`, `C:{"symbol":"C","bid":-0.00000001}`)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitUpdates(t, 4)
	r.Stop(t)
	updates := j.Told().Updates
	slices.SortStableFunc(updates, func(a, b string) int { return int(a[0]) - int(b[0]) })
	if want := []string{"A 1.2500", "B 2", "B 3", "C -0.00000001"}; !slices.Equal(updates, want) {
		t.Errorf("updates %q, want %q", updates, want)
	}
	if !j.Told().Connected {
		t.Error("it never said that it is connected")
	}
}

func TestABadRecordLosesOnlyItself(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	b.Produce(t, bids("A", 0, 1)[0], "A:noise", `A:{"symbol":"a","bid":1}`, bids("A", 1, 1)[0])
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitUpdates(t, 2)
	r.Stop(t)
	j.EachOnce(t, "A", 2)
	if len(j.Told().Rejected) != 2 {
		t.Errorf("refused %q", j.Told().Rejected)
	}
}

func TestADeletedKeyIsNoQuoteAndNoGarbage(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	b.Kcat(t, "A:\n", "-P", "-t", kafkatest.Topic, "-K", ":", "-Z") // an empty value is null
	b.Produce(t, bids("A", 0, 1)...)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.AwaitUpdates(t, 1)
	r.Stop(t)
	if len(j.Told().Rejected) != 0 {
		t.Errorf("refused %q", j.Told().Rejected)
	}
}

func TestAQuietTopicIsAlive(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, config(b)), j)
	j.Await(t, "sign of life", func(told queuetest.Told) bool { return told.Connected && told.Alive >= 2 })
	r.Stop(t)
}

func TestEveryMemberIsConnectedAlsoWithoutAPartition(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, 1)
	journals := []*queuetest.Journal{queuetest.NewJournal(), queuetest.NewJournal()}
	for _, j := range journals {
		queuetest.Run(t, newSource(t, config(b)), j)
	}
	for i, j := range journals {
		j.Await(t, fmt.Sprintf("connection of member %d", i), func(told queuetest.Told) bool { return told.Connected && told.Alive >= 2 })
	}
}
