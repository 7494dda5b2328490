package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// place is a record's in its partition. The epoch counts the leaders that the
// partition has had.
type place struct {
	offset int64
	epoch  int32
}

// progress remembers how far each partition of a topic was taken.
type progress struct {
	topic [16]byte // ID, zero if the brokers give none
	last  map[int32]place
}

// of brings the progress to the topic with an ID: of another topic than before,
// nothing was taken. An answer without an ID says nothing.
func (p *progress) of(topic [16]byte) {
	if topic == [16]byte{} || topic == p.topic {
		return
	}
	if p.topic != [16]byte{} {
		clear(p.last)
	}
	p.topic = topic
}

// take notes a record, and reports false for one that was taken before. Epochs
// rise along a log, so a record of a later epoch at an offset that was passed
// stands in place of another that the brokers lost.
func (p *progress) take(r *kgo.Record) bool {
	last, known := p.last[r.Partition]
	if known && r.Offset <= last.offset && r.LeaderEpoch <= last.epoch {
		return false
	}
	if p.last == nil {
		p.last = make(map[int32]place)
	}
	p.last[r.Partition] = place{r.Offset, r.LeaderEpoch}
	return true
}
