package stream

import (
	"encoding/binary"

	"ticker/wire"
)

const (
	// cursor stands for the product's, and has the length of its cursors after a
	// few seconds of a benchmark: ten characters of epoch, a dot, and a stamp.
	cursor = "BENCHPEERS.00000"

	// headerRoom holds the longest header of a frame that a server sends.
	headerRoom = 10
	finalText  = 0x81
	// Lengths that stand in the header of a frame itself, and in two bytes.
	maxShort, maxMedium = 125, 1<<16 - 1
	mediumMark          = 126
	longMark            = 127
)

// Frame is a WebSocket frame in the making: one quotes event with the records
// of a view that changed. Its memory is used again for the next.
type Frame struct {
	buf    []byte
	start  int    // of the frame in buf
	staged []slot // what is sent with it: numbers of slots, and Seqs
}

// Gather fills the frame with the newest records of what changed in a view
// since it was sent, and reports whether there are any. Nothing is noted as sent.
func (f *Frame) Gather(v *View) bool {
	f.staged = f.staged[:0]
	var room [headerRoom]byte
	f.buf = wire.JSON.OpenQuotes(append(f.buf[:0], room[:]...), cursor, 1)
	for n := range v.slots {
		s := &v.slots[n]
		if v.market.News(s.cell) <= s.sent {
			continue
		}
		if len(f.staged) > 0 {
			f.buf = wire.JSON.AppendSeparator(f.buf)
		}
		var seq uint64
		f.buf, seq = v.market.Append(f.buf, s.cell)
		f.staged = append(f.staged, slot{n, seq})
	}
	if len(f.staged) == 0 {
		return false
	}
	f.buf = wire.JSON.CloseQuotes(f.buf, headerRoom, len(f.staged))
	f.start = headerRoom - len(putHeader(f.buf[:headerRoom], len(f.buf)-headerRoom))
	return true
}

// Bytes returns the frame with its header, valid until the next Gather.
func (f *Frame) Bytes() []byte { return f.buf[f.start:] }

// Commit notes what the frame holds as sent to the view it was gathered from.
func (v *View) Commit(f *Frame) {
	for _, s := range f.staged {
		v.slots[s.cell].sent = s.sent
	}
}

// AppendText appends a frame with a text message.
func AppendText(dst, message []byte) []byte {
	var room [headerRoom]byte
	return append(append(dst, putHeader(room[:], len(message))...), message...)
}

// putHeader writes the header of a text frame so that it ends where room does,
// and returns it.
func putHeader(room []byte, size int) []byte {
	switch {
	case size <= maxShort:
		room = room[headerRoom-2:]
		room[1] = byte(size)
	case size <= maxMedium:
		room = room[headerRoom-4:]
		room[1] = mediumMark
		binary.BigEndian.PutUint16(room[2:], uint16(size))
	default:
		room[1] = longMark
		binary.BigEndian.PutUint64(room[2:], uint64(size))
	}
	room[0] = finalText
	return room
}
