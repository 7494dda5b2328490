package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

func TestEveryRecordIsTakenOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const partitions, records = 3, 40
		var p progress
		var taken [partitions][records]int
		var next [partitions]int
		for range rapid.IntRange(1, 200).Draw(t, "deliveries") {
			at := rapid.IntRange(0, partitions-1).Draw(t, "partition")
			if rapid.Bool().Draw(t, "lost commit") {
				next[at] = rapid.IntRange(0, next[at]).Draw(t, "back to")
			}
			for range rapid.IntRange(0, 10).Draw(t, "records") {
				if next[at] == records {
					break
				}
				// The leader changes at every tenth offset, and stays so in the log.
				r := &kgo.Record{Partition: int32(at), Offset: int64(next[at]), LeaderEpoch: int32(next[at] / 10)}
				if p.take(r) {
					taken[at][next[at]]++
				}
				next[at]++
			}
		}
		for at := range taken {
			reached := int(-1)
			if last, ok := p.last[int32(at)]; ok {
				reached = int(last.offset)
			}
			for offset, times := range taken[at] {
				if want := map[bool]int{true: 1}[offset <= reached]; times != want {
					t.Fatalf("offset %d of partition %d was taken %d times, want %d", offset, at, times, want)
				}
			}
		}
	})
}

func TestALogThatWasCutBackAndWrittenAgainIsNew(t *testing.T) {
	t.Parallel()
	var p progress
	for _, step := range []struct {
		offset int64
		epoch  int32
		want   bool
	}{
		{0, 3, true},
		{1, 3, true},
		{2, 3, true},
		{1, 4, true}, // another leader, who had lost two records
		{1, 4, false},
		{0, 3, false}, // delivered again
		{2, 4, true},
	} {
		r := &kgo.Record{Offset: step.offset, LeaderEpoch: step.epoch}
		if got := p.take(r); got != step.want {
			t.Errorf("offset %d of epoch %d: new %t, want %t", step.offset, step.epoch, got, step.want)
		}
	}
}

func TestNothingOfAnotherTopicWasTaken(t *testing.T) {
	t.Parallel()
	var p progress
	r := &kgo.Record{Offset: 7}
	for _, step := range []struct {
		topic byte // of the ID, 0 for none
		want  bool
	}{{0, true}, {1, false}, {0, false}, {1, false}, {2, true}, {2, false}} {
		p.of([16]byte{step.topic})
		if got := p.take(r); got != step.want {
			t.Errorf("topic %d: new %t, want %t", step.topic, got, step.want)
		}
	}
}
