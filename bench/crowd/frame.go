package crowd

import (
	"encoding/binary"
	"io"
	"math/bits"
	"math/rand/v2"
	"sync"
)

// Frames after RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa

	finalBit     = 0x80
	reservedBits = 0x70
	opcodeBits   = 0x0f
	maskBit      = 0x80
	lengthBits   = 0x7f
	length16     = 126 // and 2 bytes of length
	length64     = 127 // and 8 bytes of length
	maxControl   = 125
)

const (
	// ownBytes is the buffer that each connection keeps. The usual frame, of 50
	// records, fits: it takes one system call.
	ownBytes = 8 << 10
	// maxMessage bounds a message, in bytes.
	maxMessage = 16 << 20
)

const (
	errFrame   = fault("frame that breaks RFC 6455")
	errTooLong = fault("message too long")
)

// frameReader reads the messages of a server. It belongs to one goroutine.
type frameReader struct {
	// consumed is the length of the message that was returned last, on the wire.
	consumed int

	source     io.Reader
	own        []byte // what is read and not consumed is own[start:end]
	start, end int

	pool *bufferPool
	long *[]byte // of the pool: the payload that was too long for own

	kind  byte   // of the message whose fragments are gathered, 0 for none
	parts []byte // the fragments
}

// newFrameReader reads from source, after what was read of it already, which is
// no more than ownBytes.
func newFrameReader(source io.Reader, pool *bufferPool, ahead []byte) *frameReader {
	r := &frameReader{source: source, pool: pool, own: make([]byte, ownBytes)}
	r.end = copy(r.own, ahead)
	return r
}

// next returns the next message or control frame. The payload is good until the
// next call. An error is the end of the connection.
func (r *frameReader) next() (opcode byte, payload []byte, err error) {
	r.consumed = 0
	for {
		r.release()
		opcode, final, payload, err := r.frame()
		switch {
		case err != nil:
			return 0, nil, err
		case opcode >= opClose:
			return opcode, payload, nil
		case (opcode == opContinuation) != (r.kind != 0):
			return 0, nil, errFrame
		case final && r.kind == 0:
			return opcode, payload, nil
		case r.kind == 0:
			r.kind, r.parts = opcode, r.parts[:0]
		}
		if len(r.parts)+len(payload) > maxMessage {
			return 0, nil, errTooLong
		}
		r.parts = append(r.parts, payload...)
		if final {
			opcode, r.kind = r.kind, 0
			return opcode, r.parts, nil
		}
	}
}

// release gives a buffer of the pool back.
func (r *frameReader) release() {
	if r.long != nil {
		r.pool.put(r.long)
		r.long = nil
	}
}

// frame reads one frame.
func (r *frameReader) frame() (opcode byte, final bool, payload []byte, err error) {
	head, err := r.take(2)
	if err != nil {
		return 0, false, nil, err
	}
	opcode, final = head[0]&opcodeBits, head[0]&finalBit != 0
	length := uint64(head[1] & lengthBits)
	known := opcode <= opBinary || opcode >= opClose && opcode <= opPong && final && length <= maxControl
	if !known || head[0]&reservedBits != 0 || head[1]&maskBit != 0 {
		return 0, false, nil, errFrame
	}
	if length, err = r.extended(length); err != nil {
		return 0, false, nil, err
	}
	if length > maxMessage {
		return 0, false, nil, errTooLong
	}
	payload, err = r.body(int(length))
	return opcode, final, payload, err
}

// extended returns the length that the 7 bits in the head stand for.
func (r *frameReader) extended(short uint64) (uint64, error) {
	switch short {
	case length16:
		more, err := r.take(2)
		if err != nil {
			return 0, err
		}
		return uint64(binary.BigEndian.Uint16(more)), nil
	case length64:
		more, err := r.take(8)
		if err != nil {
			return 0, err
		}
		return binary.BigEndian.Uint64(more), nil
	}
	return short, nil
}

// take returns the next n bytes, of which own has room for.
func (r *frameReader) take(n int) ([]byte, error) {
	if missing := n - (r.end - r.start); missing > 0 {
		// All that can come at once should, so it goes to the front.
		r.end = copy(r.own, r.own[r.start:r.end])
		r.start = 0
		got, err := io.ReadAtLeast(r.source, r.own[r.end:], missing)
		r.end += got
		if err != nil {
			return nil, err
		}
	}
	b := r.own[r.start : r.start+n]
	r.start += n
	r.consumed += n
	return b, nil
}

// body returns a payload, in own or, if it is longer, in a buffer of the pool.
func (r *frameReader) body(n int) ([]byte, error) {
	if n <= len(r.own) {
		return r.take(n)
	}
	r.long = r.pool.get(n)
	payload := *r.long
	had := copy(payload, r.own[r.start:r.end])
	r.start += had
	r.consumed += n
	_, err := io.ReadFull(r.source, payload[had:])
	return payload, err
}

// bufferPool has the buffers for long frames. The zero bufferPool is ready for
// use, by any number of goroutines.
type bufferPool struct{ pool sync.Pool }

// get returns a buffer of n bytes. One that is too short is dropped, so that
// the pool learns how long the frames are.
func (p *bufferPool) get(n int) *[]byte {
	b, _ := p.pool.Get().(*[]byte)
	if b == nil || cap(*b) < n {
		fresh := make([]byte, 1<<bits.Len(uint(n-1)))
		b = &fresh
	}
	*b = (*b)[:n]
	return b
}

func (p *bufferPool) put(b *[]byte) { p.pool.Put(b) }

// appendFrame appends a whole message of a client, which has to be masked.
func appendFrame(dst []byte, opcode byte, payload []byte) []byte {
	dst = append(dst, finalBit|opcode)
	switch n := len(payload); {
	case n < length16:
		dst = append(dst, maskBit|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, maskBit|length16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, maskBit|length64), uint64(n))
	}
	var mask [4]byte
	binary.NativeEndian.PutUint32(mask[:], rand.Uint32())
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i%4])
	}
	return dst
}
