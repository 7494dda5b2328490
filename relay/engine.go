package relay

import (
	"context"
	"errors"
	"time"
)

// Partitions is how many partitions the symbols are divided into.
const Partitions = 256

// Control is the channel of ticks, beside the channels of batches, which have the
// numbers of their partitions.
const Control = Partitions

// MaxMessage bounds the messages and snapshots that an engine has to carry: NATS takes
// no more unless configured.
const MaxMessage = 1 << 20

var (
	// ErrHeld reports that somebody else holds the lease.
	ErrHeld = errors.New("another node holds the lease")
	// ErrNothing reports that the engine keeps no snapshot of a partition.
	ErrNothing = errors.New("the engine keeps nothing of this partition")
)

// Message is what is sent to one channel: a partition, or Control.
type Message struct {
	Channel int
	Body    []byte
}

// Outlet is the leader's side of an engine.
type Outlet interface {
	// Send hands messages to whoever listens to their channels, in this order, and
	// returns when the engine has all of them. It is never queued: without a connection
	// it fails at once. After an error any of them may have arrived. It keeps no
	// pointer to the messages.
	Send(ctx context.Context, messages []Message) error
	// Keep stores the snapshot of a partition in place of the one before.
	Keep(ctx context.Context, partition int, snapshot []byte) error
	// Wanted delivers partitions of which followers want a new snapshot. Of many at
	// one time some may be missing: who wants asks again.
	Wanted() <-chan int
}

// Inlet is a follower's side of an engine.
type Inlet interface {
	// Receive delivers the messages of Control and of all partitions that are
	// followed, in the order in which they were sent, from one goroutine, until ctx is
	// done. It connects, and connects again, by itself: what was missed meanwhile shows
	// in the numbers. The body is deliver's until it returns, and deliver is quick.
	Receive(ctx context.Context, deliver func(Message)) error
	// Follow adds a partition: what is sent after it returned nil is delivered. It
	// fails at once where there is no connection, and the partition is then followed
	// from the next connection on.
	Follow(ctx context.Context, partition int) error
	// Unfollow ends that. Some messages may still come.
	Unfollow(partition int)
	// Load returns the snapshot of a partition, or ErrNothing.
	Load(ctx context.Context, partition int) ([]byte, error)
	// Want asks the leader for a new snapshot of a partition. Nobody may hear it.
	Want(ctx context.Context, partition int) error
}

// Backlog is an Inlet that can tell again what was sent.
type Backlog interface {
	// Again delivers the messages of a partition that were sent after a time, oldest
	// first, as far back as the engine keeps them, and returns behind the newest.
	Again(ctx context.Context, partition int, after time.Time, deliver func(body []byte)) error
}

// Lease is the right to lead, which one node has at a time.
type Lease interface {
	// Acquire takes the lease for ttl, if nobody has it, and returns the term: higher
	// than any before, and than above. The error is ErrHeld if somebody has it.
	Acquire(ctx context.Context, holder string, above uint64, ttl time.Duration) (term uint64, err error)
	// Renew extends the lease of a term by ttl from now. A lease that ended is not
	// revived: the error is ErrHeld then, whether or not another node has taken it.
	Renew(ctx context.Context, holder string, term uint64, ttl time.Duration) error
	// Release gives the lease of a term back, so that the next need not wait for its
	// end.
	Release(ctx context.Context, holder string, term uint64) error
}
