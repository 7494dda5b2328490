package crowd

import (
	"math/bits"
	"sync"

	"ticker/bench"
)

// shards is how many locks the counting is spread over: enough for two readers
// to meet at one rarely on a machine of some processors.
const shards = 16

// board is where all clients are counted. Counting never stops; a measurement
// begins with empty counts.
type board struct {
	shards [shards]shard
	spare  *counts // empty, for the goroutine that measures
}

// shard is what every sixteenth client is counted in.
type shard struct {
	mu     sync.Mutex
	counts *counts
	seats  []seat

	_ [64]byte // so that no two locks share a line of the cache
}

// seat is what is known of one client.
type seat struct {
	connected bool
	frames    uint64 // since the window began
}

func newBoard(clients int) *board {
	b := &board{spare: newCounts()}
	for i := range b.shards {
		b.shards[i].counts = newCounts()
		b.shards[i].seats = make([]seat, (clients+shards-1)/shards)
	}
	return b
}

// place is where one client is counted. Its methods are safe for concurrent use.
type place struct {
	shard *shard
	seat  int
}

// place returns the place of a client, counted from 0.
func (b *board) place(client int) place {
	return place{&b.shards[client%shards], client / shards}
}

func (p place) join() {
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	p.shard.seats[p.seat].connected = true
}

// leave is for a client whose connection is lost.
func (p place) leave() {
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	p.shard.seats[p.seat].connected = false
	p.shard.counts.lost++
}

// add counts what came.
func (p place) add(d *delivery) {
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	p.shard.counts.add(d)
	if len(d.times) > 0 {
		p.shard.seats[p.seat].frames++
	}
}

// begin empties all counts.
func (b *board) begin() {
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		s.counts, b.spare = b.spare, s.counts
		for k := range s.seats {
			s.seats[k].frames = 0
		}
		s.mu.Unlock()
		b.spare.reset()
	}
}

// second moves what was counted since the last call, or since begin, into the
// tally.
func (b *board) second(tally *bench.Tally) {
	second := bench.Second{Ages: bench.NewAges()}
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		s.counts, b.spare = b.spare, s.counts
		s.mu.Unlock()
		b.spare.mergeInto(tally, &second)
		b.spare.reset()
	}
	tally.Ages.Merge(second.Ages)
	tally.Seconds = append(tally.Seconds, second)
}

// end adds what is known of each client.
func (b *board) end(tally *bench.Tally) {
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		for _, seat := range s.seats {
			if seat.connected {
				tally.Clients++
				tally.Served[powerBelow(seat.frames)]++
			}
		}
		s.mu.Unlock()
	}
}

// powerBelow rounds down to a power of two; 0 stays.
func powerBelow(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	return 1 << (bits.Len64(n) - 1)
}

// connected returns how many clients are.
func (b *board) connected() int {
	n := 0
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		for _, seat := range s.seats {
			if seat.connected {
				n++
			}
		}
		s.mu.Unlock()
	}
	return n
}
