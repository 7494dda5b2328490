package rabbitmq

import (
	"encoding/binary"
	"hash/maphash"

	amqp "github.com/rabbitmq/amqp091-go"
)

// applied remembers the last messages that were applied, for those that come again.
type applied struct {
	seed   maphash.Seed
	window []uint64 // digests, as a ring once it is full
	next   int
	// suspects counts the digests of the window that may come again on this
	// connection. Equal messages have equal digests, and each counts for one.
	suspects map[uint64]int
}

func newApplied(window int) *applied {
	return &applied{seed: maphash.MakeSeed(), window: make([]uint64, 0, window), suspects: make(map[uint64]int)}
}

// connected begins a connection: all that is remembered may come again.
func (a *applied) connected() {
	clear(a.suspects)
	for _, digest := range a.window {
		a.suspects[digest]++
	}
}

// digest tells messages apart. A message that comes again is the same in all of this.
func (a *applied) digest(d *amqp.Delivery) uint64 {
	var h maphash.Hash
	h.SetSeed(a.seed)
	for _, text := range [...]string{d.Exchange, d.RoutingKey, d.MessageId} {
		_ = h.WriteByte(byte(len(text))) // AMQP has 255 bytes at most
		_, _ = h.WriteString(text)
	}
	var sent [8]byte
	binary.LittleEndian.PutUint64(sent[:], uint64(d.Timestamp.Unix()))
	_, _ = h.Write(sent[:])
	_, _ = h.Write(d.Body)
	return h.Sum64()
}

// again reports whether a redelivered message was applied on an earlier connection.
// It stays in its place of the window: the acknowledgement may be lost once more.
func (a *applied) again(digest uint64) bool {
	if a.suspects[digest] == 0 {
		return false
	}
	a.suspects[digest]--
	return true
}

// add remembers a message that was applied, in place of the oldest.
func (a *applied) add(digest uint64) {
	if len(a.window) < cap(a.window) {
		a.window = append(a.window, digest)
		return
	}
	a.window[a.next] = digest
	a.next = (a.next + 1) % len(a.window)
}
