package server

import "ticker/wire"

// frameWatch looks at the frames of a client as their bytes come in, and finds
// what gorilla lets pass: a close frame whose payload is half a code, a length
// with its top bit set or in more bytes than it needs, and a message of very many
// frames, which may be empty and so never reach the limit of bytes.
type frameWatch struct {
	maxFrames int // of one message
	header    frameHeader
	skip      uint64 // bytes of the mask and the payload that are still to come
	frames    int
	fault     *hangUp
}

// see takes the next bytes, and returns how many of them may be read. Once it has
// found something it sets fault: the frame that is at fault is never whole.
func (w *frameWatch) see(p []byte) (good int) {
	for good < len(p) && w.fault == nil {
		if w.skip > 0 {
			n := min(w.skip, uint64(len(p)-good))
			w.skip -= n
			good += int(n)
			continue
		}
		w.header.bytes[w.header.have] = p[good]
		w.header.have++
		if w.header.have == w.header.size() {
			if w.judge(); w.fault != nil {
				break
			}
			w.header.have = 0
		}
		good++
	}
	return good
}

// between reports whether what was seen ends with a whole message, or with a
// whole control frame behind one.
func (w *frameWatch) between() bool { return w.skip == 0 && w.header.have == 0 && w.frames == 0 }

// judge looks at a whole header.
func (w *frameWatch) judge() {
	h, payload := &w.header, w.header.payload()
	w.skip = payload
	if h.masked() {
		w.skip += 4
	}
	switch {
	case payload>>63 != 0:
		w.fault = &hangUp{wire.CloseProtocol, "length with the top bit set"}
	case !h.shortest():
		w.fault = &hangUp{wire.CloseProtocol, "length in more bytes than it needs"}
	case h.opcode() == opClose && payload == 1:
		w.fault = &hangUp{wire.CloseProtocol, "close payload of one byte"}
	case h.opcode() > opBinary: // a control frame may stand between others
	case h.final():
		w.frames = 0
	default:
		w.frames++
		if w.frames > w.maxFrames {
			w.fault = &hangUp{wire.CloseTooLarge, "message of too many frames"}
		}
	}
}
