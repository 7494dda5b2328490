package alpaca

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// errPacked says that a frame is no MessagePack, or not of the shape of a frame.
var errPacked = errors.New("invalid MessagePack")

// The first bytes of the values of MessagePack that are looked at; those that hold
// a length or a value in themselves are ranges.
const (
	fixMap, fixArray, fixStr = 0x80, 0x90, 0xa0
	codeNil, codeFalse       = 0xc0, 0xc2
	codeTrue                 = 0xc3
	bin8, bin32              = 0xc4, 0xc6
	ext8, ext32              = 0xc7, 0xc9
	float32Code, float64Code = 0xca, 0xcb
	uint64Code, int64Code    = 0xcf, 0xd3
	fixExt1, fixExt16        = 0xd4, 0xd8
	str8, str32              = 0xd9, 0xdb
	array16, array32         = 0xdc, 0xdd
	map16, map32             = 0xde, 0xdf
	negativeFixInt           = 0xe0
	timestampType            = 0xff // the extension type -1
)

// isPacked reports whether a frame is in MessagePack: an array of it begins with
// a byte that no text does.
func isPacked(frame []byte) bool {
	return len(frame) > 0 && (frame[0]&0xf0 == fixArray || frame[0] == array16 || frame[0] == array32)
}

// packed walks a frame of MessagePack, like jsonscan.Scanner one of JSON: the
// first mistake stops it, and every later call returns nothing. Texts are slices
// of the frame, and numbers of a buffer that is used again.
type packed struct {
	frame []byte
	pos   int
	buf   []byte
	err   error
}

func (p *packed) reset(frame []byte) { *p = packed{frame: frame, buf: p.buf[:0]} }

// begin lets go of the texts of the numbers that were read.
func (p *packed) begin() { p.buf = p.buf[:0] }

// end returns the first mistake. Bytes behind the frame are one too.
func (p *packed) end() error {
	if p.err == nil && p.pos != len(p.frame) {
		p.fail()
	}
	return p.err
}

func (p *packed) fail() {
	p.err, p.pos = errPacked, len(p.frame)
}

// peek returns the first byte of the next value, that of nil at the end.
func (p *packed) peek() byte {
	if p.pos == len(p.frame) {
		return codeNil
	}
	return p.frame[p.pos]
}

// take returns the next n bytes, nil if there are not that many.
func (p *packed) take(n uint64) []byte {
	if n > uint64(len(p.frame)-p.pos) {
		p.fail()
		return nil
	}
	start := p.pos
	p.pos += int(n)
	return p.frame[start:p.pos:p.pos]
}

// uint reads an unsigned integer of the given size.
func (p *packed) uint(size int) uint64 {
	var n uint64
	for _, b := range p.take(uint64(size)) {
		n = n<<8 | uint64(b)
	}
	return n
}

// array enters an array and returns its length, which is no more than there are
// bytes.
func (p *packed) array() int {
	switch c := p.code(); {
	case c&0xf0 == fixArray:
		return p.count(uint64(c & 0x0f))
	case c == array16 || c == array32:
		return p.count(p.uint(2 << (c - array16)))
	}
	p.fail()
	return 0
}

func (p *packed) isMap() bool {
	c := p.peek()
	return c&0xf0 == fixMap || c == map16 || c == map32
}

// fields enters a map and returns the number of its keys.
func (p *packed) fields() int {
	switch c := p.code(); {
	case c&0xf0 == fixMap:
		return p.count(uint64(c & 0x0f))
	case c == map16 || c == map32:
		return p.count(p.uint(2 << (c - map16)))
	}
	p.fail()
	return 0
}

// count checks a number of values: each has a byte at least.
func (p *packed) count(n uint64) int {
	if n > uint64(len(p.frame)-p.pos) {
		p.fail()
		return 0
	}
	return int(n)
}

// code reads the first byte of a value.
func (p *packed) code() byte {
	if b := p.take(1); b != nil {
		return b[0]
	}
	return codeNil
}

// str reads a string.
func (p *packed) str() []byte {
	switch c := p.code(); {
	case c&0xe0 == fixStr:
		return p.take(uint64(c & 0x1f))
	case c >= str8 && c <= str32:
		return p.take(p.uint(1 << (c - str8)))
	}
	p.fail()
	return nil
}

// value reads any value. What is neither a text, a number, a time nor nil has its
// own bytes for a text, the first of which is none that a field takes.
func (p *packed) value() value {
	start := p.pos
	switch c := p.peek(); {
	case c&0xe0 == fixStr, c >= str8 && c <= str32:
		return value{text: p.str()}
	case c == codeNil:
		p.code()
		return value{}
	case c < fixMap, c >= negativeFixInt, c >= float32Code && c <= int64Code:
		return value{text: p.number()}
	case c >= fixExt1 && c <= fixExt16, c >= ext8 && c <= ext32:
		if at, ok := p.extension(); ok {
			return value{micros: at, timed: true}
		}
	default:
		p.skip()
	}
	return value{text: p.frame[start:p.pos]}
}

// width returns how many bytes follow the first of a number: it ends in the
// exponent of that.
func width(c byte) int {
	if c < fixMap || c >= negativeFixInt {
		return 0
	}
	return 1 << (c & 3)
}

// number reads an integer or a floating-point number and returns its text.
func (p *packed) number() []byte {
	start := len(p.buf)
	c := p.code()
	size := width(c)
	switch n := p.uint(size); {
	case size == 0:
		p.buf = strconv.AppendInt(p.buf, int64(int8(c)), 10)
	case c == float32Code:
		p.buf = strconv.AppendFloat(p.buf, float64(math.Float32frombits(uint32(n))), 'g', -1, 32)
	case c == float64Code:
		p.buf = strconv.AppendFloat(p.buf, math.Float64frombits(n), 'g', -1, 64)
	case c <= uint64Code:
		p.buf = strconv.AppendUint(p.buf, n, 10)
	default:
		unused := 64 - 8*size
		p.buf = strconv.AppendInt(p.buf, int64(n<<unused)>>unused, 10)
	}
	return p.buf[start:len(p.buf):len(p.buf)]
}

// extension reads an extension and reports whether it is a time, whose seconds and
// nanoseconds stand in 4, 8 or 12 bytes. One that is out of range is before the
// epoch.
func (p *packed) extension() (micros int64, ok bool) {
	var size uint64
	if c := p.code(); c <= ext32 {
		size = p.uint(1 << (c - ext8))
	} else {
		size = 1 << (c - fixExt1)
	}
	kind := p.code()
	data := p.take(size)
	if kind != timestampType {
		return 0, false
	}
	var seconds, nanos uint64
	switch len(data) {
	case 4:
		seconds = uint64(binary.BigEndian.Uint32(data))
	case 8:
		both := binary.BigEndian.Uint64(data)
		seconds, nanos = both&(1<<34-1), both>>34
	case 12:
		nanos, seconds = uint64(binary.BigEndian.Uint32(data)), binary.BigEndian.Uint64(data[4:])
	default:
		return 0, false
	}
	if seconds > math.MaxInt64/2_000_000 || nanos >= 1e9 {
		return -1, true
	}
	return int64(seconds)*1e6 + int64(nanos)/1000, true
}

// skip reads a value of any kind. What it holds is counted and not nested: the
// number of values yet to come takes the place of a stack.
func (p *packed) skip() {
	for left := 1; left > 0 && p.err == nil; left-- {
		left += p.step()
	}
}

// step reads a value, and of an array or a map only its length: it returns the
// number of values in it.
func (p *packed) step() int {
	switch c := p.peek(); {
	case p.isMap():
		return 2 * p.fields()
	case c&0xf0 == fixArray, c == array16, c == array32:
		return p.array()
	case c&0xe0 == fixStr, c >= str8 && c <= str32:
		p.str()
	case c >= bin8 && c <= bin32:
		p.code()
		p.take(p.uint(1 << (c - bin8)))
	case c >= fixExt1 && c <= fixExt16, c >= ext8 && c <= ext32:
		p.extension()
	case c == codeNil, c == codeFalse, c == codeTrue:
		p.code()
	case c == codeNil+1:
		p.fail() // never used
	default:
		p.code()
		p.take(uint64(width(c)))
	}
	return 0
}
