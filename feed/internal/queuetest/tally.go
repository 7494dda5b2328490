package queuetest

import "ticker/market"

// Tally is a sink that only counts, for benchmarks. Expect is called while no
// update is on its way.
type Tally struct {
	// Up is closed when the source is connected.
	Up chan struct{}
	// Done gets a value when the expected updates came.
	Done chan struct{}

	left int
	up   bool
}

// NewTally returns a Tally that expects nothing.
func NewTally() *Tally { return &Tally{Up: make(chan struct{}), Done: make(chan struct{}, 1)} }

// Expect says how many updates are to come.
func (c *Tally) Expect(n int) { c.left = n }

// Connected implements feed.Sink.
func (c *Tally) Connected() {
	if !c.up {
		c.up = true
		close(c.Up)
	}
}

// Update implements feed.Sink.
func (c *Tally) Update(*market.Update) {
	if c.left--; c.left == 0 {
		c.Done <- struct{}{}
	}
}

// Alive implements feed.Sink.
func (c *Tally) Alive() {}

// Reject implements feed.Sink.
func (c *Tally) Reject(error, []byte) {}
