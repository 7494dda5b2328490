package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"ticker/market"
)

// The first bytes of the MessagePack formats, after its specification.
const (
	mpFixMap   = 0x80 // the low 4 bits count pairs
	mpFixArray = 0x90 // the low 4 bits count elements
	mpFixStr   = 0xa0 // the low 5 bits count bytes
	mpNil      = 0xc0
	mpFalse    = 0xc2
	mpTrue     = 0xc3
	mpFloat32  = 0xca
	mpFloat64  = 0xcb
	mpUint8    = 0xcc
	mpUint16   = 0xcd
	mpUint32   = 0xce
	mpUint64   = 0xcf
	mpInt8     = 0xd0
	mpInt16    = 0xd1
	mpInt32    = 0xd2
	mpInt64    = 0xd3
	mpStr8     = 0xd9
	mpStr16    = 0xda
	mpStr32    = 0xdb
	mpArray16  = 0xdc
	mpArray32  = 0xdd
	mpMap16    = 0xde
	mpMap32    = 0xdf
	mpNegative = 0xe0 // and above: -32 to -1
)

// appendUint appends an unsigned integer in its shortest form.
func appendUint(dst []byte, v uint64) []byte {
	switch {
	case v < mpFixMap:
		return append(dst, byte(v))
	case v <= math.MaxUint8:
		return append(dst, mpUint8, byte(v))
	case v <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, mpUint16), uint16(v))
	case v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, mpUint32), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpUint64), v)
}

// appendInt appends an integer; one below zero in 8 bytes, since none is common.
func appendInt(dst []byte, v int64) []byte {
	if v >= 0 {
		return appendUint(dst, uint64(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpInt64), uint64(v))
}

func appendMPBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, mpTrue)
	}
	return append(dst, mpFalse)
}

// appendMPText appends a string.
func appendMPText(dst []byte, text string) []byte {
	if !utf8.ValidString(text) {
		text = validText(text)
	}
	switch n := len(text); {
	case n < 32:
		dst = append(dst, mpFixStr|byte(n))
	case n <= math.MaxUint8:
		dst = append(dst, mpStr8, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, mpStr16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, mpStr32), uint32(n))
	}
	return append(dst, text...)
}

// mpTextSize returns the bytes of the string that b begins with, its header
// included, for strings of up to 65,535 bytes.
func mpTextSize(b []byte) int {
	switch b[0] {
	case mpStr8:
		return 2 + int(b[1])
	case mpStr16:
		return 3 + int(binary.BigEndian.Uint16(b[1:]))
	}
	return 1 + int(b[0]&^mpFixStr)
}

func appendMPDecimal(dst []byte, d market.Decimal) []byte {
	start := len(dst)
	return closeMPText(d.AppendTo(append(dst, 0)), start)
}

func appendMPTotal(dst []byte, t *market.Total) []byte {
	start := len(dst)
	return closeMPText(t.AppendTo(append(dst, 0)), start)
}

// closeMPText completes the string whose header is the byte at start and whose
// text, of at most 255 bytes, is all that follows: a decimal has at most 39 digits
// before the point and 75 behind it, a total of 2^64 of them 20 more.
func closeMPText(dst []byte, start int) []byte {
	n := len(dst) - start - 1
	if n < 32 {
		dst[start] = mpFixStr | byte(n)
		return dst
	}
	dst = append(dst, 0)
	copy(dst[start+2:], dst[start+1:])
	dst[start], dst[start+1] = mpStr8, byte(n)
	return dst
}

// openMPArray appends the header of a list whose length is not known yet.
func openMPArray(dst []byte) []byte { return append(dst, mpArray32, 0, 0, 0, 0) }

// setMPCount puts a count into the 5-byte header at that place.
func setMPCount(dst []byte, at, n int) { binary.BigEndian.PutUint32(dst[at+1:], uint32(n)) }
