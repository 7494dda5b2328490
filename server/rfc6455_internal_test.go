package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"testing"
	"time"
	"unicode/utf8"

	"ticker/wire"
)

// chunks is a connection on which bytes arrive, a few at a time.
type chunks struct {
	net.Conn
	bytes *bytes.Reader
	most  int
}

func (c chunks) Read(p []byte) (int, error)    { return c.bytes.Read(p[:min(len(p), c.most)]) }
func (chunks) SetReadDeadline(time.Time) error { return nil }

// readingOf is what a reader makes of bytes: a line for each message and control
// frame, and one for how it ends.
func readingOf(t *testing.T, in []byte, most, limit int) (lines []string) {
	t.Helper()
	r, err := newReader(limit)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Conn: chunks{bytes: bytes.NewReader(in), most: most}, silence: time.Minute}
	r.serve(l, wire.JSON, func(opcode byte, payload string) error {
		lines = append(lines, fmt.Sprintf("%x %q", opcode, payload))
		return nil
	})
	for {
		var text bytes.Buffer
		message, err := r.next()
		if err == nil {
			err = r.collect(message, &text)
		}
		if err != nil {
			return append(lines, over(endingOf(err).code).Error())
		}
		lines = append(lines, fmt.Sprintf("message %q", text.String()))
	}
}

// rfc is RFC 6455 5 to 8, read slowly: it makes of bytes what a reader must.
type rfc struct {
	in      []byte
	limit   int // of the bytes and of the frames of a message
	lines   []string
	message []byte
	frames  int // of the message that has begun
}

// over is the code with which it all ends, 1006 where the bytes do.
type over uint16

func (o over) Error() string { return fmt.Sprintf("ends with %d", uint16(o)) }

func (m *rfc) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.in)) {
		return nil, over(1006)
	}
	p := m.in[:n]
	m.in = m.in[n:]
	return p, nil
}

func (m *rfc) read() []string {
	for {
		if err := m.frame(); err != nil {
			return append(m.lines, err.Error())
		}
	}
}

// frame reads one frame. An error is what ends it all.
func (m *rfc) frame() error {
	head, err := m.take(2)
	if err != nil {
		return err
	}
	final, opcode, control := head[0]&0x80 != 0, head[0]&0xf, head[0]&0x8 != 0
	size := uint64(head[1] & 0x7f)
	begun := m.frames > 0
	switch {
	case head[0]&0x70 != 0, head[1]&0x80 == 0, opcode > 2 && opcode < 8, opcode > 10,
		control && (!final || size > 125), opcode == 0 && !begun, opcode != 0 && !control && begun:
		return over(1002)
	}
	if size, err = m.length(size); err != nil {
		return err
	}
	if control && opcode == 8 && size == 1 {
		return over(1002)
	}
	if !control {
		if m.frames++; !final && m.frames > m.limit {
			return over(1009)
		}
	}
	mask, err := m.take(4)
	switch {
	case err != nil:
		return err
	case !control && size > uint64(m.limit-len(m.message)):
		return over(1009)
	case opcode == 2:
		return over(1003)
	}
	payload, err := m.take(size)
	if err != nil {
		return err
	}
	payload = bytes.Clone(payload)
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	if control {
		return m.control(opcode, payload)
	}
	return m.data(payload, final)
}

// length reads what stands behind a short length, which it may replace.
func (m *rfc) length(short uint64) (uint64, error) {
	var least uint64
	var more []byte
	var err error
	switch short {
	case 126:
		more, err = m.take(2)
		least = 126
	case 127:
		more, err = m.take(8)
		least = 1 << 16
	default:
		return short, nil
	}
	if err != nil {
		return 0, err
	}
	size := binary.BigEndian.Uint64(append(make([]byte, 8-len(more)), more...))
	if size < least || size>>63 != 0 {
		return 0, over(1002)
	}
	return size, nil
}

func (m *rfc) data(payload []byte, final bool) error {
	m.message = append(m.message, payload...)
	if !final {
		return nil
	}
	if !utf8.Valid(m.message) {
		return over(1007)
	}
	m.lines = append(m.lines, fmt.Sprintf("message %q", m.message))
	m.message, m.frames = nil, 0
	return nil
}

func (m *rfc) control(opcode byte, payload []byte) error {
	if opcode != 8 {
		m.lines = append(m.lines, fmt.Sprintf("%x %q", opcode, payload))
		return nil
	}
	if len(payload) == 0 {
		return over(1005)
	}
	switch code := binary.BigEndian.Uint16(payload); {
	case code < 1000, code > 1014 && code < 3000, code > 4999, code >= 1004 && code <= 1006:
		return over(1002)
	case code != closeBadGateway && !utf8.Valid(payload[2:]):
		return over(1002)
	default:
		return over(code)
	}
}
