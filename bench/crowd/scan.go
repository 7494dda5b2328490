package crowd

import (
	"bytes"
	"encoding/binary"
)

// appendTimes appends the ts of every record in JSON text. It looks for the end
// of the key and not for the quote before it: bytes.Index is fast as long as the
// first byte it looks for is rare, and no key of a record ends alike.
func appendTimes(dst []int64, text []byte) []int64 {
	for {
		i := bytes.Index(text, []byte(`ts":`))
		if i < 0 {
			return dst
		}
		text = text[i+len(`ts":`):]
		ts, digits := leadingInteger(text)
		if digits > 0 {
			dst = append(dst, ts)
		}
		text = text[digits:]
	}
}

// leadingInteger reads the digits that the text begins with, and says how many
// there are.
func leadingInteger(text []byte) (value int64, digits int) {
	for _, c := range text {
		if c < '0' || c > '9' {
			break
		}
		value = value*10 + int64(c-'0')
		digits++
	}
	return value, digits
}

// appendTimesMP appends the ts of every record in MessagePack: the key, and an
// unsigned integer of 8 bytes, which holds every time since 1970 plus 72
// minutes.
func appendTimesMP(dst []int64, data []byte) []int64 {
	const key, size = "\xa2ts\xcf", 8
	for {
		i := bytes.Index(data, []byte(key))
		if i < 0 || len(data) < i+len(key)+size {
			return dst
		}
		data = data[i+len(key):]
		dst = append(dst, int64(binary.BigEndian.Uint64(data)))
		data = data[size:]
	}
}
