package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"ticker/wire"
)

const (
	handshakeTimeout = 5 * time.Second
	// readBuffer holds a usual command.
	readBuffer = 512
	// writeBuffer is needed for the answer to the handshake only.
	writeBuffer = 1024
)

// handshaker answers handshakes.
type handshaker struct {
	metrics      *metrics
	writeBuffers sync.Pool
}

// upgrade answers a handshake, and returns the connection with nothing read
// from it behind the request. If it fails it has answered that, too.
func (h *handshaker) upgrade(w http.ResponseWriter, r *http.Request) (net.Conn, wire.Codec, error) {
	codec, answer := chooseCodec(r.Header)
	upgrader := websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   1, // is made, and not used
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  &h.writeBuffers,
		CheckOrigin:      anyPage,
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			w.Header().Set("Sec-Websocket-Version", "13")
			code := wire.CodeBadRequest
			if status >= http.StatusInternalServerError {
				code = wire.CodeInternal
			}
			h.metrics.refuse(w, problem(status, code, reason.Error()))
		},
	}
	if err := checkHandshake(r); err != nil {
		upgrader.Error(w, r, http.StatusBadRequest, err)
		return nil, codec, err
	}
	conn, err := upgrader.Upgrade(w, r, answer)
	if err != nil {
		return nil, codec, err
	}
	return conn.NetConn(), codec, nil
}

// checkHandshake finds what gorilla lets pass.
func checkHandshake(r *http.Request) error {
	switch {
	case !r.ProtoAtLeast(1, 1):
		return errors.New("a handshake needs HTTP/1.1")
	case len(r.Header.Values("Sec-Websocket-Key")) > 1, len(r.Header.Values("Sec-Websocket-Version")) > 1,
		strings.Contains(r.Header.Get("Sec-Websocket-Version"), ","):
		return errors.New("a handshake has one key and one version")
	}
	return nil
}

// anyPage leaves the judgement of origins to origins.
func anyPage(*http.Request) bool { return true }

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

// errLull is the error of a reader whose client says nothing, between two
// messages. It is not final.
var errLull = errors.New("the client has nothing to say")

// reader reads messages: gorilla's frame reader on top of an intake. Between two
// messages it holds nothing of its client and can be another's.
type reader struct {
	intake
	frames  *websocket.Conn
	kind    int  // of data frames
	anyKind bool // each message has a kind of its own
	control func(opcode byte, payload string) error
}

// newReader makes a reader of messages up to a length. gorilla makes one of a
// handshake only, so it gets a handshake, to which nobody listens.
func newReader(messageBytes int) (*reader, error) {
	r := &reader{}
	r.watch.maxFrames = messageBytes
	upgrader := websocket.Upgrader{
		ReadBufferSize: readBuffer, WriteBufferPool: &sync.Pool{}, CheckOrigin: anyPage,
	}
	frames, err := upgrader.Upgrade(stage{in: &r.intake}, &http.Request{Method: http.MethodGet, Header: http.Header{
		"Connection": {"upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}}, nil)
	if err != nil {
		return nil, fmt.Errorf("make frame reader: %w", err)
	}
	frames.SetReadLimit(int64(messageBytes))
	frames.SetPingHandler(func(payload string) error { return r.control(opPing, payload) })
	frames.SetPongHandler(func(payload string) error { return r.control(opPong, payload) })
	frames.SetCloseHandler(func(int, string) error { return nil }) // the session answers
	r.frames = frames
	return r, nil
}

// stage is where the handshake of a reader takes place.
type stage struct {
	http.ResponseWriter // is not written to
	in                  *intake
}

// Hijack implements http.Hijacker.
func (s stage) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return s.in, bufio.NewReadWriter(bufio.NewReaderSize(s.in, 0), bufio.NewWriterSize(s.in, 1)), nil
}

// serve begins to read from a line. Control is told of control frames.
func (r *reader) serve(l *line, codec wire.Codec, control func(opcode byte, payload string) error) {
	r.line, r.control = l, control
	r.kind = websocket.TextMessage
	if codec == wire.MsgPack {
		r.kind = websocket.BinaryMessage
	}
}

// leave lets go of the line after a lull.
func (r *reader) leave() { r.line, r.control, r.lull = nil, nil, false }

// next waits for the next message. The error is final, that of the reader too,
// unless it is errLull.
func (r *reader) next() (io.Reader, error) {
	kind, message, err := r.frames.NextReader()
	switch {
	case err != nil:
		return nil, r.explain(err)
	case r.lull:
		return nil, errLull
	case r.anyKind:
		r.kind = kind
	case kind != r.kind:
		return nil, &hangUp{wire.CloseDataType, "the subprotocol has another type of frame"}
	}
	return message, nil
}

// collect reads the rest of a message. gorilla does not look whether text is
// UTF-8.
func (r *reader) collect(message io.Reader, into *bytes.Buffer) error {
	if _, err := into.ReadFrom(message); err != nil {
		return r.explain(err)
	}
	if r.kind == websocket.TextMessage && !utf8.Valid(into.Bytes()) {
		return &hangUp{code: wire.CloseBadUTF8}
	}
	return nil
}

// closeBadGateway was registered after gorilla's list of close codes was made, and
// badGateway is how gorilla refuses it.
const (
	closeBadGateway = 1014
	badGateway      = "bad close code 1014"
)

// explain returns the reason behind an error of gorilla's reader.
func (r *reader) explain(err error) error {
	switch {
	case r.verdict != nil && r.verdict.reason == badGateway:
		return &websocket.CloseError{Code: closeBadGateway}
	case r.verdict != nil:
		return r.verdict
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
