package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"ticker/internal/jsonscan"
)

// ErrMsgPack reports bytes that are no MessagePack, or none that this protocol
// uses. It comes wrapped, with what was wrong.
var ErrMsgPack = errors.New("invalid MessagePack")

// appendMPAsJSON rewrites one MessagePack value as JSON text, which is at most
// six times as long. It takes what JSON has too: no binary, no extensions, no
// infinities, only strings as keys. Nothing is allocated by an announced size:
// a count that the data does not hold ends at the end of the data.
func appendMPAsJSON(dst, data []byte) ([]byte, error) {
	t := transcoder{in: data, out: dst}
	t.value(0)
	if len(t.in) > 0 {
		t.fail("bytes after the value")
	}
	return t.out, t.err
}

// transcoder remembers its first mistake and then finds nothing more to read.
type transcoder struct {
	in, out []byte
	err     error
}

func (t *transcoder) fail(what string) {
	if t.err == nil {
		t.err = fmt.Errorf("%w: %s", ErrMsgPack, what)
	}
	t.in = nil
}

// take returns the next n bytes, or nil if there are fewer.
func (t *transcoder) take(n uint64) []byte {
	if n > uint64(len(t.in)) {
		t.fail("no end")
		return nil
	}
	b := t.in[:n]
	t.in = t.in[n:]
	return b
}

// number reads an unsigned integer of n bytes, 1, 2, 4 or 8.
func (t *transcoder) number(n uint64) uint64 {
	var word [8]byte
	copy(word[8-n:], t.take(n))
	return binary.BigEndian.Uint64(word[:])
}

// value rewrites the next value, which stands in so many others.
func (t *transcoder) value(depth int) {
	switch head := byte(t.number(1)); {
	case head < mpFixMap:
		t.out = strconv.AppendUint(t.out, uint64(head), 10)
	case head < mpFixArray:
		t.object(uint64(head&^mpFixMap), depth)
	case head < mpFixStr:
		t.list(uint64(head&^mpFixArray), depth)
	case head < mpNil:
		t.text(uint64(head &^ mpFixStr))
	case head >= mpNegative:
		t.out = strconv.AppendInt(t.out, int64(int8(head)), 10)
	default:
		t.tagged(head, depth)
	}
}

// tagged rewrites a value whose first byte is its type alone. The types of one
// kind stand in a row, each for twice the bytes of the one before.
func (t *transcoder) tagged(head byte, depth int) {
	switch head {
	case mpNil:
		t.out = append(t.out, "null"...)
	case mpFalse, mpTrue:
		t.out = strconv.AppendBool(t.out, head == mpTrue)
	case mpFloat32:
		t.float(float64(math.Float32frombits(uint32(t.number(4)))), 32)
	case mpFloat64:
		t.float(math.Float64frombits(t.number(8)), 64)
	case mpUint8, mpUint16, mpUint32, mpUint64:
		t.out = strconv.AppendUint(t.out, t.number(1<<(head-mpUint8)), 10)
	case mpInt8, mpInt16, mpInt32, mpInt64:
		size := uint64(1) << (head - mpInt8)
		unused := 64 - 8*size
		t.out = strconv.AppendInt(t.out, int64(t.number(size)<<unused)>>unused, 10)
	case mpStr8, mpStr16, mpStr32:
		t.text(t.number(1 << (head - mpStr8)))
	case mpArray16, mpArray32:
		t.list(t.number(2<<(head-mpArray16)), depth)
	case mpMap16, mpMap32:
		t.object(t.number(2<<(head-mpMap16)), depth)
	default:
		t.fail("a binary or extension format")
	}
}

// float rewrites a number with the fewest digits that stand for it alone.
func (t *transcoder) float(v float64, bits int) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		t.fail("infinity or no number")
		return
	}
	t.out = strconv.AppendFloat(t.out, v, 'g', -1, bits)
}

func (t *transcoder) text(n uint64) {
	text := t.take(n)
	if !utf8.Valid(text) {
		t.fail("invalid UTF-8")
		return
	}
	t.out = appendJSONText(t.out, string(text))
}

// key rewrites the key of a map.
func (t *transcoder) key() {
	if len(t.in) > 0 {
		if head := t.in[0]; head&^0x1f != mpFixStr && (head < mpStr8 || head > mpStr32) {
			t.fail("a key that is no string")
		}
	}
	t.value(0)
}

func (t *transcoder) object(n uint64, depth int) {
	t.values('{', n, depth, func() {
		t.key()
		t.out = append(t.out, ':')
		t.value(depth + 1)
	})
	t.out = append(t.out, '}')
}

func (t *transcoder) list(n uint64, depth int) {
	t.values('[', n, depth, func() { t.value(depth + 1) })
	t.out = append(t.out, ']')
}

// values rewrites n values, or as many as there are.
func (t *transcoder) values(open byte, n uint64, depth int, each func()) {
	if depth == jsonscan.MaxDepth {
		t.fail("nested too deep")
	}
	t.out = append(t.out, open)
	for i := uint64(0); i < n && t.err == nil; i++ {
		if i > 0 {
			t.out = append(t.out, ',')
		}
		each()
	}
}

// appendJSONAsMP rewrites JSON text as MessagePack, what is not JSON as nil.
// Numbers that are no integers become strings, as decimals are sent.
func appendJSONAsMP(dst, text []byte) []byte {
	var s jsonscan.Scanner
	s.Reset(text)
	start := len(dst)
	dst = appendNextAsMP(dst, &s)
	if s.End() != nil {
		return append(dst[:start], mpNil)
	}
	return dst
}

func appendNextAsMP(dst []byte, s *jsonscan.Scanner) []byte {
	start, n := len(dst), 0
	switch s.Kind() {
	case jsonscan.Object:
		dst = append(dst, mpMap32, 0, 0, 0, 0)
		for s.Object(); s.More(); n++ {
			dst = appendMPText(dst, string(s.Key()))
			dst = appendNextAsMP(dst, s)
		}
		setMPCount(dst, start, n)
	case jsonscan.Array:
		dst = openMPArray(dst)
		for s.Array(); s.More(); n++ {
			dst = appendNextAsMP(dst, s)
		}
		setMPCount(dst, start, n)
	case jsonscan.String:
		dst = appendMPText(dst, string(s.Text()))
	case jsonscan.Number:
		dst = appendNumberAsMP(dst, string(s.Number()))
	case jsonscan.Bool:
		dst = appendMPBool(dst, s.Bool())
	case jsonscan.Null:
		s.Null()
		dst = append(dst, mpNil)
	case jsonscan.Invalid:
		s.Skip() // and so remembers the mistake
	}
	return dst
}

func appendNumberAsMP(dst []byte, text string) []byte {
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return appendInt(dst, v)
	}
	return appendMPText(dst, text)
}
