package link

import (
	"sync/atomic"

	"ticker/relay"
)

const (
	// What waits for a receiver: some 800 ms of the busiest book, at 256 messages a
	// round.
	maxMessages = 4096
	maxBytes    = 64 << 20
)

// inbox is the queue of one receiver.
type inbox struct {
	messages chan relay.Message
	bytes    atomic.Int64 // that wait
}

func newInbox() *inbox { return &inbox{messages: make(chan relay.Message, maxMessages)} }

// put queues a message, and reports false if the queue is full.
func (b *inbox) put(m relay.Message) bool {
	size := int64(len(m.Body))
	if b.bytes.Add(size) <= maxBytes {
		select {
		case b.messages <- m:
			return true
		default:
		}
	}
	b.bytes.Add(-size)
	return false
}

// taken says that a message is no longer in the queue.
func (b *inbox) taken(m relay.Message) { b.bytes.Add(-int64(len(m.Body))) }
