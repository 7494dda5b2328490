package link

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"ticker/relay"
)

var (
	errIdle = errors.New("nobody receives")
	errBusy = errors.New("somebody receives already")
)

// Wish is what a node wants to hear of its engine.
type Wish struct {
	// Version is higher for a newer wish, and never 0.
	Version uint64
	// Wants asks for the wants of followers.
	Wants bool

	receives bool
	followed [relay.Partitions]bool
}

// Hears reports whether the messages of a channel are wanted.
func (w *Wish) Hears(channel int) bool {
	return w.receives && (channel == relay.Control || w.followed[channel])
}

// Intake is what a node hears, and wants to hear.
type Intake struct {
	log     *slog.Logger
	metrics *Metrics
	wants   chan int
	wake    chan struct{}         // has an item if the wish may have changed
	inbox   atomic.Pointer[inbox] // nil unless somebody receives

	dropped atomic.Int64 // since the last report
	report  rate.Sometimes

	mu      sync.Mutex
	wish    Wish
	up      bool
	granted uint64        // the version that the server has, 0 for none
	moved   chan struct{} // closed when up or granted changes
}

// NewIntake returns an Intake that wants nothing and is not connected.
func NewIntake(log *slog.Logger, metrics *Metrics) *Intake {
	return &Intake{
		log: log, metrics: metrics, report: rate.Sometimes{First: 1, Interval: reportEvery},
		wants: make(chan int, relay.Partitions), wake: make(chan struct{}, 1),
		wish: Wish{Version: 1}, moved: make(chan struct{}),
	}
}

// Receive implements relay.Inlet. It returns nil when ctx is done.
func (i *Intake) Receive(ctx context.Context, deliver func(relay.Message)) error {
	box := newInbox()
	if !i.inbox.CompareAndSwap(nil, box) {
		return errBusy
	}
	defer i.inbox.Store(nil)
	i.change(func(w *Wish) { w.receives = true })
	defer i.change(func(w *Wish) { w.receives = false })
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-box.messages:
			box.taken(m)
			deliver(m)
		}
	}
}

// Follow implements relay.Inlet.
func (i *Intake) Follow(ctx context.Context, partition int) error {
	version := i.change(func(w *Wish) { w.followed[partition] = true })
	for {
		moved, err := i.judge(version)
		if moved == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// judge returns what to wait for until a version of the wish is granted: nil if it is,
// or if there is nothing to wait for, and then why.
func (i *Intake) judge(version uint64) (<-chan struct{}, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case !i.wish.receives:
		return nil, errIdle
	case !i.up:
		return nil, ErrAway
	case i.granted >= version:
		return nil, nil
	}
	return i.moved, nil
}

// Unfollow implements relay.Inlet.
func (i *Intake) Unfollow(partition int) {
	i.change(func(w *Wish) { w.followed[partition] = false })
}

// Wanted implements relay.Outlet.
func (i *Intake) Wanted() <-chan int {
	i.change(func(w *Wish) { w.Wants = true })
	return i.wants
}

// change changes the wish and returns its version, a new one only if it is another
// wish.
func (i *Intake) change(how func(*Wish)) uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := i.wish
	how(&i.wish)
	if i.wish != before {
		i.wish.Version++
		select {
		case i.wake <- struct{}{}:
		default:
		}
	}
	return i.wish.Version
}

// Wake gets an item when the wish changed. It is for the connection that there is.
func (i *Intake) Wake() <-chan struct{} { return i.wake }

// Wish returns what the node wants to hear.
func (i *Intake) Wish() Wish {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.wish
}

// Up says that there is a connection, whose server knows nothing of the wish yet.
func (i *Intake) Up() { i.move(true, 0) }

// Down says that there is none.
func (i *Intake) Down() { i.move(false, 0) }

// Grant says which version of the wish the server has.
func (i *Intake) Grant(version uint64) { i.move(true, version) }

func (i *Intake) move(up bool, granted uint64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.up == up && i.granted == granted {
		return
	}
	i.up, i.granted = up, granted
	close(i.moved)
	i.moved = make(chan struct{})
}

// Take takes a message that the connection brought. The body is kept.
func (i *Intake) Take(channel int, body []byte) {
	box := i.inbox.Load()
	if box != nil && !box.put(relay.Message{Channel: channel, Body: body}) {
		i.Drop(1)
	}
}

// Drop counts messages that were lost here.
func (i *Intake) Drop(n int) {
	if n == 0 {
		return
	}
	i.metrics.dropped.Add(float64(n))
	i.dropped.Add(int64(n))
	i.report.Do(func() {
		i.log.Warn("messages came faster than they were read", slog.Int64("dropped", i.dropped.Swap(0)))
	})
}

// Want takes the want of a follower. One that finds no place is forgotten: who wants
// asks again.
func (i *Intake) Want(partition int) {
	select {
	case i.wants <- partition:
	default:
	}
}
