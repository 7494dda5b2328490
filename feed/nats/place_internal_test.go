package nats

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"
)

func TestThePlaceInAStreamIsThatOfTheStreamAsItIs(t *testing.T) {
	t.Parallel()
	born, reborn := time.Unix(1000, 0), time.Unix(2000, 0)
	for name, c := range map[string]struct {
		before  place
		start   Start
		created time.Time
		last    uint64
		want    uint64
	}{
		"first look, latest":      {place{}, Latest, born, 7, 7},
		"first look, earliest":    {place{}, Earliest, born, 7, 0},
		"first look, last":        {place{}, Last, born, 7, 0},
		"the same stream":         {place{born, 5}, Latest, born, 7, 5},
		"a stream made anew":      {place{born, 5}, Latest, reborn, 7, 0},
		"a stream without an end": {place{born, 5}, Latest, born, 3, 3},
	} {
		at := c.before
		at.of(&jetstream.StreamInfo{Created: c.created, State: jetstream.StreamState{LastSeq: c.last}}, c.start)
		if at.taken != c.want || !at.created.Equal(c.created) {
			t.Errorf("%s: %+v, want %d taken", name, at, c.want)
		}
	}
}

func TestEveryMessageIsTakenOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var at place
		taken := make(map[uint64]int)
		next := uint64(1)
		for range rapid.IntRange(0, 100).Draw(t, "deliveries") {
			number := next
			if rapid.Bool().Draw(t, "again") {
				number = rapid.Uint64Range(1, next).Draw(t, "number")
			}
			next = max(next, number+1)
			if at.take(number) {
				taken[number]++
			}
		}
		for number := uint64(1); number < next; number++ {
			if taken[number] != 1 {
				t.Fatalf("message %d was taken %d times", number, taken[number])
			}
		}
	})
}
