package server

import (
	"encoding/binary"
	"unicode/utf8"

	"ticker/wire"
)

// What the first two bytes of a WebSocket frame are made of, RFC 6455 5.2.
const (
	finalBit = 0x80
	maskBit  = 0x80

	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa

	maxShortPayload  = 125 // of one length byte, and of a control frame
	maxMediumPayload = 1<<16 - 1

	shortHeader, mediumHeader, longHeader = 2, 4, 10
)

// framing marks off the messages of a server: whole, and not masked. Its value
// is the opcode.
type framing byte

func framingOf(codec wire.Codec) framing {
	if codec == wire.MsgPack {
		return opBinary
	}
	return opText
}

// Open implements fanout.Framing. It leaves room for the header of a payload
// of 126 to 65,535 bytes, which most frames of records have.
func (framing) Open(dst []byte) []byte { return append(dst, 0, 0, 0, 0) }

// Seal implements fanout.Framing.
func (f framing) Seal(dst []byte, start int) []byte {
	size := len(dst) - start - mediumHeader
	first := finalBit | byte(f)
	switch {
	case size <= maxShortPayload:
		dst = move(dst, start, shortHeader)
		dst[start], dst[start+1] = first, byte(size)
	case size <= maxMediumPayload:
		dst[start], dst[start+1] = first, maxShortPayload+1
		binary.BigEndian.PutUint16(dst[start+2:], uint16(size))
	default:
		dst = move(dst, start, longHeader)
		dst[start], dst[start+1] = first, maxShortPayload+2
		binary.BigEndian.PutUint64(dst[start+2:], uint64(size))
	}
	return dst
}

// move gives the frame at start a header of another size.
func move(dst []byte, start, header int) []byte {
	var room [longHeader - mediumHeader]byte
	end := len(dst) + header - mediumHeader
	if grow := end - len(dst); grow > 0 {
		dst = append(dst, room[:grow]...)
		copy(dst[start+header:], dst[start+mediumHeader:end-grow])
	} else {
		copy(dst[start+header:], dst[start+mediumHeader:])
	}
	return dst[:end]
}

// Ping implements fanout.Framing.
func (framing) Ping(dst []byte) []byte { return append(dst, finalBit|opPing, 0) }

// appendPong appends the answer to a ping.
func appendPong(dst []byte, payload string) []byte {
	dst = append(dst, finalBit|opPong, byte(len(payload)))
	return append(dst, payload...)
}

// appendClose appends a close frame. A code that only tells of the absence of
// one makes an empty frame.
func appendClose(dst []byte, code wire.CloseCode, reason string) []byte {
	if code == closeNoStatus {
		return append(dst, finalBit|opClose, 0)
	}
	for len(reason) > maxShortPayload-2 || !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	dst = append(dst, finalBit|opClose, byte(2+len(reason)))
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}

// frameHeader is as much of a frame's header as has come in, but for its mask.
type frameHeader struct {
	bytes [longHeader]byte
	have  int
}

func (h *frameHeader) opcode() byte { return h.bytes[0] & 0xf }
func (h *frameHeader) final() bool  { return h.bytes[0]&finalBit != 0 }
func (h *frameHeader) masked() bool { return h.bytes[1]&maskBit != 0 }

// size returns how long the header is, as far as that is known.
func (h *frameHeader) size() int {
	switch {
	case h.have < shortHeader:
		return shortHeader
	case h.bytes[1]&^maskBit == maxShortPayload+1:
		return mediumHeader
	case h.bytes[1]&^maskBit == maxShortPayload+2:
		return longHeader
	}
	return shortHeader
}

// payload returns the length of the payload that a whole header announces.
func (h *frameHeader) payload() uint64 {
	switch h.size() {
	case mediumHeader:
		return uint64(binary.BigEndian.Uint16(h.bytes[2:]))
	case longHeader:
		return binary.BigEndian.Uint64(h.bytes[2:])
	}
	return uint64(h.bytes[1] &^ maskBit)
}

// shortest reports whether a whole header has the length in as few bytes as can be.
func (h *frameHeader) shortest() bool {
	switch h.size() {
	case mediumHeader:
		return h.payload() > maxShortPayload
	case longHeader:
		return h.payload() > maxMediumPayload
	}
	return true
}
