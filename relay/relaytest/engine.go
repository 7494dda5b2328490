package relaytest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"ticker/relay"
)

// ErrAway is what calls fail with while there is no connection.
var ErrAway = errors.New("the engine is away")

// Fault returns how often a message reaches a node: 1 is as it should be. It is called
// with the Engine's lock held and must not call back.
type Fault func(node string, m relay.Message) int

// Engine carries messages between nodes, and keeps snapshots, a backlog and a lease.
type Engine struct {
	mu      sync.Mutex
	nodes   []*Node
	fault   Fault
	stopped bool
	kept    map[int][]byte
	backlog map[int][]sent
	lease   lease
}

// sent is a message of the backlog.
type sent struct {
	at   time.Time
	body []byte
}

// New makes an Engine.
func New() *Engine {
	return &Engine{kept: make(map[int][]byte), backlog: make(map[int][]sent)}
}

// Disturb sets what becomes of messages from now on; nil is nothing.
func (e *Engine) Disturb(f Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fault = f
}

// Stop separates all nodes from the Engine, or ends that.
func (e *Engine) Stop(stopped bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = stopped
}

// Forget loses what is kept, and the backlog.
func (e *Engine) Forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.kept)
	clear(e.backlog)
}

// Keeps returns how many partitions have a snapshot.
func (e *Engine) Keeps() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.kept)
}

// Node is what one node sees of an Engine.
type Node struct {
	engine *Engine
	name   string

	// The rest is guarded by engine.mu.

	cut       bool
	receives  bool
	follows   map[int]bool
	queue     []relay.Message
	more      chan struct{} // there is something in the queue
	wanted    chan int
	sends     int
	failSends func(n int) bool // whether a Send fails although its messages arrive
}

// Node makes a node.
func (e *Engine) Node(name string) *Node {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := &Node{
		engine: e, name: name, follows: map[int]bool{relay.Control: true},
		more: make(chan struct{}, 1), wanted: make(chan int, relay.Partitions),
	}
	e.nodes = append(e.nodes, n)
	return n
}

// Cut separates the node from the Engine, or ends that.
func (n *Node) Cut(cut bool) {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	n.cut = cut
}

// FailSends has Sends fail although their messages arrive; nil ends that. The number
// is that of the Send, from 1.
func (n *Node) FailSends(fail func(send int) bool) {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	n.failSends = fail
}

func (n *Node) awayLocked() bool { return n.cut || n.engine.stopped }

// Send implements relay.Outlet.
func (n *Node) Send(ctx context.Context, messages []relay.Message) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	if n.awayLocked() || ctx.Err() != nil {
		return ErrAway
	}
	n.sends++
	for _, m := range messages {
		m.Body = slices.Clone(m.Body)
		n.engine.backlog[m.Channel] = append(n.engine.backlog[m.Channel], sent{time.Now(), m.Body})
		for _, to := range n.engine.nodes {
			to.deliverLocked(m)
		}
	}
	if n.failSends != nil && n.failSends(n.sends) {
		return ErrAway
	}
	return nil
}

func (n *Node) deliverLocked(m relay.Message) {
	if n.awayLocked() || !n.receives || !n.follows[m.Channel] {
		return
	}
	times := 1
	if n.engine.fault != nil {
		times = n.engine.fault(n.name, m)
	}
	for range times {
		n.queue = append(n.queue, m)
	}
	select {
	case n.more <- struct{}{}:
	default:
	}
}

// Keep implements relay.Outlet.
func (n *Node) Keep(_ context.Context, partition int, snapshot []byte) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	if n.awayLocked() {
		return ErrAway
	}
	n.engine.kept[partition] = slices.Clone(snapshot)
	return nil
}

// Wanted implements relay.Outlet.
func (n *Node) Wanted() <-chan int { return n.wanted }

// Receive implements relay.Inlet.
func (n *Node) Receive(ctx context.Context, deliver func(relay.Message)) error {
	n.setReceives(true)
	defer n.setReceives(false)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.more:
		}
		for _, m := range n.take() {
			deliver(m)
		}
	}
}

func (n *Node) setReceives(receives bool) {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	n.receives, n.queue = receives, nil
}

func (n *Node) take() []relay.Message {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	taken := n.queue
	n.queue = nil
	return taken
}

// Follow implements relay.Inlet.
func (n *Node) Follow(_ context.Context, partition int) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	n.follows[partition] = true
	if n.awayLocked() {
		return ErrAway
	}
	return nil
}

// Unfollow implements relay.Inlet.
func (n *Node) Unfollow(partition int) {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	delete(n.follows, partition)
}

// Follows returns how many partitions the node follows.
func (n *Node) Follows() int {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	return len(n.follows) - 1
}

// Load implements relay.Inlet.
func (n *Node) Load(_ context.Context, partition int) ([]byte, error) {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	if n.awayLocked() {
		return nil, ErrAway
	}
	snapshot, ok := n.engine.kept[partition]
	if !ok {
		return nil, relay.ErrNothing
	}
	return snapshot, nil
}

// Want implements relay.Inlet.
func (n *Node) Want(_ context.Context, partition int) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	if n.awayLocked() {
		return ErrAway
	}
	for _, to := range n.engine.nodes {
		if !to.cut {
			select {
			case to.wanted <- partition:
			default:
			}
		}
	}
	return nil
}

// WithBacklog is a Node whose engine can tell again what was sent.
type WithBacklog struct{ *Node }

// Again implements relay.Backlog.
func (n WithBacklog) Again(_ context.Context, partition int, after time.Time, deliver func(body []byte)) error {
	n.engine.mu.Lock()
	defer n.engine.mu.Unlock()
	if n.awayLocked() {
		return ErrAway
	}
	for _, m := range n.engine.backlog[partition] {
		if m.at.After(after) {
			deliver(m.body)
		}
	}
	return nil
}
