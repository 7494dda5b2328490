package book

import (
	"encoding/binary"

	"ticker/market"
)

// form is one way to write a record down: the value fields that are wanted, and
// whether the status is named even when it is live; or exactly the fields of a
// difference. With the record's Seq it decides the bytes.
type form uint32

const (
	// difference marks the form of one.
	difference form = 1 << 16
	// whole is the record with all that is known of it.
	whole = form(market.AllValues)
)

// encoded is a record as bytes, behind the Seq and the form that they were made
// of: whoever compares those has the bytes at hand.
type encoded []byte

// encodedHead is the length of what stands before the record.
const encodedHead = 12

// is reports whether these are the bytes of a Seq in a form.
func (e encoded) is(seq uint64, f form) bool {
	return len(e) >= encodedHead && binary.LittleEndian.Uint64(e) == seq && binary.LittleEndian.Uint32(e[8:]) == uint32(f)
}

// begin returns the room of the old bytes with a new head.
func (e encoded) begin(seq uint64, f form) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(e[:0], seq), uint32(f))
}
