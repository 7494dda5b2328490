package server

import (
	"errors"
	"io"
	"sync"
)

const (
	// maxBody is the longest body of a request.
	maxBody = 16 << 20
	// maxBodies is what the bodies that are held at one time may take together.
	maxBodies = 4 * maxBody
	// maxOfPublisher is what those of one publisher may: enough for the longest, also in the
	// moment in which it moves from half the room to all of it.
	maxOfPublisher = maxBody + maxBody/2
	// bodyStep is the room that a body has at first.
	bodyStep = 64 << 10
	// maxWaste is how much of a body that is refused is read to no purpose.
	maxWaste = 4 * maxBody
)

// bodies count the memory of the bodies that are held. Beyond a bound there is no more: who
// waited for it would keep others waiting with what he holds.
type bodies struct {
	mu   sync.Mutex
	held int64
	of   map[payer]int64 // of those who hold any
}

func newBodies() *bodies { return &bodies{of: make(map[payer]int64)} }

// take takes room for a payer, or returns why there is none.
func (b *bodies) take(from payer, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case from != payer{} && b.of[from]+n > maxOfPublisher:
		return errPublisher
	case b.held+n > maxBodies:
		return errBodies
	}
	b.held += n
	b.of[from] += n
	return nil
}

// give gives room back.
func (b *bodies) give(from payer, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n
	if b.of[from] -= n; b.of[from] == 0 {
		delete(b.of, from)
	}
}

// body is one body. It takes room as it comes in, twice as much each time, and none before
// its first byte is there: who announces a body and does not send it holds nothing.
type body struct {
	of   *bodies
	from payer
	most int64 // bytes that it can have
	text []byte
}

// read reads a body to its end. The error may be a *turnedAway.
func (b *body) read(r io.Reader) error {
	var next [1]byte
	for {
		if len(b.text) == cap(b.text) {
			_, err := io.ReadFull(r, next[:])
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = b.grow()
			}
			if err != nil {
				return err
			}
			b.text = append(b.text, next[0])
		}
		n, err := r.Read(b.text[len(b.text):cap(b.text)])
		b.text = b.text[:len(b.text)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow moves the body to where it has more room.
func (b *body) grow() error {
	room := min(max(2*int64(cap(b.text)), bodyStep), b.most)
	if err := b.of.take(b.from, room); err != nil {
		return err
	}
	moved := append(make([]byte, 0, room), b.text...)
	b.drop()
	b.text = moved
	return nil
}

// drop gives the room of the body back.
func (b *body) drop() {
	if cap(b.text) > 0 {
		b.of.give(b.from, int64(cap(b.text)))
	}
	b.text = nil
}
