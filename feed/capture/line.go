package capture

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// prefixBytes is room for the time before a message, and the end of the line.
const prefixBytes = len("-9223372036854.775808: \n")

// textOf returns what of a message goes into a line, or nothing if it is no text
// that could.
func textOf(raw []byte) []byte {
	if !utf8.Valid(raw) {
		return nil
	}
	return bytes.TrimSpace(raw)
}

// appendLine appends a message with its receive time, in microseconds since the
// Unix epoch, as one line.
func appendLine(dst []byte, micros int64, text []byte) []byte {
	dst = strconv.AppendInt(dst, micros/1_000_000, 10)
	dst = append(dst, '.')
	for unit := int64(100_000); unit > 0; unit /= 10 {
		dst = append(dst, byte('0'+micros/unit%10))
	}
	dst = append(dst, ": "...)
	start := len(dst)
	dst = append(dst, text...)
	blank(dst[start:], '\n')
	blank(dst[start:], '\r')
	return append(dst, '\n')
}

// blank makes blanks of a byte.
func blank(text []byte, unwanted byte) {
	for {
		i := bytes.IndexByte(text, unwanted)
		if i < 0 {
			return
		}
		text[i] = ' '
		text = text[i+1:]
	}
}
