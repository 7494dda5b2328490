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

func (f form) fields() market.Fields { return market.Fields(f &^ difference) }

// encoded is a record as bytes, behind what they were made of: its Seq, its form,
// and the Seq of the last change of what stands in that form. Whoever compares
// those needs nothing else of the cell, and has the bytes at hand.
type encoded []byte

// encodedHead is the length of what stands before the record.
const encodedHead = 8 + 8 + 4

// is reports whether these are the bytes of a Seq in a form.
func (e encoded) is(seq uint64, f form) bool {
	return len(e) >= encodedHead && binary.LittleEndian.Uint64(e) == seq && binary.LittleEndian.Uint32(e[16:]) == uint32(f)
}

// news returns the Seq of the last change of what stands in the bytes.
func (e encoded) news() uint64 { return binary.LittleEndian.Uint64(e[8:]) }

// record returns the bytes of the record.
func (e encoded) record() []byte { return e[encodedHead:] }

// begin returns the room of the old bytes with a new head.
func (e encoded) begin(seq, news uint64, f form) []byte {
	head := binary.LittleEndian.AppendUint64(e[:0], seq)
	head = binary.LittleEndian.AppendUint64(head, news)
	return binary.LittleEndian.AppendUint32(head, uint32(f))
}
