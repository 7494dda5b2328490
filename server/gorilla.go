package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"ticker/wire"
)

const (
	handshakeTimeout = 5 * time.Second
	// readBuffer holds a usual command. It is there for as long as the
	// connection is, so it is most of what an idle one takes.
	readBuffer = 512
	// writeBuffer is needed for the answer to the handshake only.
	writeBuffer = 1024
)

// line is a WebSocket as its messages are read: gorilla's frame reader on top
// of an intake.
type line struct {
	*intake
	frames  *websocket.Conn
	kind    int // of its data frames
	control func(opcode byte, payload string) error
}

// handshaker turns requests into lines. The zero value is ready.
type handshaker struct{ writeBuffers sync.Pool }

// upgrade answers a handshake. If it fails it has answered that, too.
func (h *handshaker) upgrade(w http.ResponseWriter, r *http.Request) (*line, wire.Codec, error) {
	codec, answer := chooseCodec(r.Header)
	in := &intake{}
	upgrader := websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  &h.writeBuffers,
		CheckOrigin:      func(*http.Request) bool { return true }, // judged before, see origins
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			w.Header().Set("Sec-Websocket-Version", "13")
			code := wire.CodeBadRequest
			if status >= http.StatusInternalServerError {
				code = wire.CodeInternal
			}
			refuseHTTP(w, problem(status, code, reason.Error()))
		},
	}
	conn, err := upgrader.Upgrade(&hijacker{ResponseWriter: w, in: in}, r, answer)
	if err != nil {
		return nil, codec, err
	}
	l := &line{intake: in, frames: conn, kind: websocket.TextMessage}
	if codec == wire.MsgPack {
		l.kind = websocket.BinaryMessage
	}
	conn.SetPingHandler(func(payload string) error { return l.control(opPing, payload) })
	conn.SetPongHandler(func(payload string) error { return l.control(opPong, payload) })
	conn.SetCloseHandler(func(int, string) error { return nil }) // the session answers
	return l, codec, nil
}

// chooseCodec takes the first subprotocol of the client's list that is known.
// Without one the codec is JSON and no subprotocol is named.
func chooseCodec(request http.Header) (wire.Codec, http.Header) {
	const header = "Sec-Websocket-Protocol"
	for _, list := range request.Values(header) {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.TrimSpace(name)
			for codec := range wire.NumCodecs {
				if name == codec.Subprotocol() {
					return codec, http.Header{header: {name}}
				}
			}
		}
	}
	return wire.JSON, nil
}

// hijacker puts an intake under the connection that is handed over.
type hijacker struct {
	http.ResponseWriter
	in *intake
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.in.Conn = conn
	return h.in, buffers, err
}

// limit sets the longest message that is read, and who is told of control frames.
func (l *line) limit(messageBytes int, control func(opcode byte, payload string) error) {
	l.frames.SetReadLimit(int64(messageBytes))
	l.control = control
}

// next waits for the next message. The error is final, that of the reader too.
func (l *line) next() (io.Reader, error) {
	kind, message, err := l.frames.NextReader()
	switch {
	case err != nil:
		return nil, l.explain(err)
	case kind != l.kind:
		return nil, &hangUp{wire.CloseDataType, "the subprotocol has another type of frame"}
	}
	return message, nil
}

// explain returns the reason behind an error of gorilla's reader.
func (l *line) explain(err error) error {
	switch {
	case l.watch.fault != nil:
		return l.watch.fault
	case l.verdict != nil:
		return l.verdict
	case errors.Is(err, websocket.ErrReadLimit): // a sum of lengths beyond all bounds
		return &hangUp{code: wire.CloseTooLarge}
	}
	return err
}

// closeCodeOf returns the code that a client closed with. gorilla also makes
// such an error of a connection that just ended, with a code that stands in no
// frame.
func closeCodeOf(err error) (wire.CloseCode, bool) {
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code == websocket.CloseAbnormalClosure {
		return 0, false
	}
	return wire.CloseCode(closed.Code), true
}
